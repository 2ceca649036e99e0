package app

import (
	"context"

	"portico/internal/documents"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
)

// papers makes what issues documents, and has it follow the cases.
func (p *portal) papers(catalogue *i18n.Catalogue) {
	p.issued = documents.New(documents.Config{
		DB: p.db, Vault: p.vault, Cases: p.cases, Jobs: p.queue, Codes: p.ring, Policy: p.policy, Clock: p.clock, Address: p.address, Notices: paperNotices{p.notices}, Money: fees{p},
		Languages: func() []string { return p.live.Current().Portal.Langs() },
		Printer: func(lang string) *i18n.Printer {
			return catalogue.Printer(lang, p.live.Current().Portal.Timezone.Location())
		},
	})
	p.cases.Followers = append(p.cases.Followers, p.issued.Follow)
	p.cases.Documents = p.issued.Items
	p.notices.About("document", paperSource{p.issued})
}

// paperNotices tells people of their documents.
type paperNotices struct{ *notify.Service }

// Ended tells of a document that was revoked or replaced.
func (n paperNotices) Ended(tx *db.Tx, row *documents.Document) error {
	return n.Queue(tx, notify.Notice{
		Kind: kinds.DocumentEnded, Subject: row.Subject, About: "document:" + row.ID, State: string(row.Ending), Key: "document:" + row.ID + ":ended",
	})
}

// Expiring tells of a document that is about to expire, unless it ends before.
func (n paperNotices) Expiring(tx *db.Tx, row *documents.Document) error {
	return n.Queue(tx, notify.Notice{
		Kind: kinds.DocumentEnds, Subject: row.Subject, About: "document:" + row.ID, State: string(row.Ending), While: true,
		Key: "document:" + row.ID + ":expiring",
	})
}

// paperSource says what notices about documents may say.
type paperSource struct{ *documents.Documents }

// Say answers for notify.Source.
func (s paperSource) Say(ctx context.Context, a notify.About, p *i18n.Printer) (notify.Words, error) {
	row, err := s.Glance(ctx, a.ID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return notify.Words{Gone: true}, nil
	}
	if err != nil {
		return notify.Words{}, err
	}
	name, state, until := s.Words(p, row)
	return notify.Words{State: string(row.Ending), Path: "/cabinet/documents/" + row.ID, Says: map[string]string{
		kinds.WordService: name, kinds.WordReference: row.Number, kinds.WordState: state, kinds.WordDate: until,
	}}, nil
}
