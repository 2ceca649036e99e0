package app_test

import (
	"testing"

	"portico/internal/app"
	"portico/internal/platform/db"
)

// apart are the tables about people whose rows go with no thing that is kept,
// and why.
var apart = map[string]string{
	"audit_event":   "the log: what it says is sealed under the person's evidence, and nobody reads it once that is disposed of; the leaf stays for the tree",
	"audit_leaf":    "where an event stands in the public tree",
	"audit_pending": "the same, before it stands there",
	"audit_moment":  "which events are moments of an account: numbers",
	"audit_use":     "which events are the person's own uses: numbers",
	"audit_unnoted": "up to which number nobody noted that",

	"vault_gate":  "closed for good when nothing else is left of the person, so that nobody ever uses their data again",
	"vault_value": "swept with the scope of the thing",
	"vault_index": "deleted with the profile",
	"ledger_act":  "what was taken away, so that no restore brings it back",

	"retention_disposal": "what was disposed of: its certificates outlive it",
	"retention_item":     "the things of a disposal",
	"retention_sweep":    "how far its rows are swept",
	"retention_told":     "deleted with the thing of which somebody was told",
	"retention_hold":     "names people by their random id, as long as a hold is evidence",
	"retention_turn":     "up to whom the year of their log has ended: the id of one person, until it has for all",
	"handover_package":   "what was handed over to an archive: names officials by their random id",
	"handover_thing":     "deleted with the thing that is handed over, or with its package",
	"deferral_order":     "kept from the person until its date, so no list of what is kept of them may name it; whom it is about goes when it is shown",
	"retention_run":      "where a run stands: the id of one thing, until the next",

	"consent_event":        "what somebody consented to is never changed or deleted (I5): ids, terms and times, evidence of what was lawful",
	"changes_announcement": "by which official a change was announced",
	"desk_remark":          "words of the office; an official's own are theirs by a random id",
	"notify_news":          "how far an item of news was told: the id of one person, until it is told",
	"login_attempt":        "hashes of somebody who is on their way, deleted within a quarter of an hour or at the next one",
	"jobs_job":             "ids, until the job is done",
	"uploads_part":         "swept with the bytes of the file",
}

// TestO7_EveryTableAboutPeopleHasARule: a new table is a thing that is kept, or
// goes with one, or says here why not.
func TestO7_EveryTableAboutPeopleHasARule(t *testing.T) {
	goes := map[string]bool{}
	for _, k := range app.Kept() {
		if goes[k.Table] = true; k.Table == "" && len(k.Parts) == 0 {
			t.Errorf("the kind %s adds nothing", k.Name)
		}
		for _, p := range k.Parts {
			goes[p.Table] = true
		}
	}
	there := map[string]bool{}
	for _, table := range app.Holdings() {
		_, about := table.Columns["subject"]
		for _, holds := range table.Columns {
			about = about || holds != db.Nothing
		}
		there[table.Name] = true
		switch why := apart[table.Name]; {
		case about && !goes[table.Name] && why == "":
			t.Errorf("%s holds something of people and goes with nothing that a rule disposes of", table.Name)
		case why != "" && (goes[table.Name] || !about):
			t.Errorf("%s needs no reason", table.Name)
		}
	}
	for name := range apart {
		if !there[name] {
			t.Errorf("there is no table %s", name)
		}
	}
}
