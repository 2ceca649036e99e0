package policy

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"portico/internal/platform/i18n"
)

// Right is something a person may ask for (N13). One with a Kind is asked for
// on the portal, where it is followed: it is answered Within a time counted
// from its receipt, which may be extended once by Extension. Without a Kind it
// is only told of. Bases are the legal bases to which it applies, none: all;
// Fee is what it costs, in words, none: nothing; Refusal are the grounds on
// which it may be refused, none: it never is.
type Right struct {
	ID        string    `yaml:"id" json:"id"`
	Kind      RightKind `yaml:"kind,omitempty" json:"kind,omitempty"`
	Name      i18n.Text `yaml:"name" json:"name"`
	DPV       Term      `yaml:"dpv" json:"dpv"`
	How       i18n.Text `yaml:"how" json:"how"`
	Limits    i18n.Text `yaml:"limits,omitempty" json:"limits,omitempty"`
	Bases     []Term    `yaml:"bases,omitempty" json:"bases,omitempty"`
	Within    Period    `yaml:"within,omitempty" json:"within,omitempty"`
	Extension Period    `yaml:"extension,omitempty" json:"extension,omitempty"`
	Fee       i18n.Text `yaml:"fee,omitempty" json:"fee,omitempty"`
	Refusal   []Ground  `yaml:"refusal,omitempty" json:"refusal,omitempty"`
	Appeal    i18n.Text `yaml:"appeal,omitempty" json:"appeal,omitempty"` // to whom else than the operator one can turn
}

// RightKind is what the program does about a right.
type RightKind string

// The kinds of rights.
const (
	RightAccess        RightKind = "access"        // everything that is held, in one package
	RightCopy          RightKind = "copy"          // what the person provided, for another provider
	RightRectification RightKind = "rectification" // what is wrong is corrected
	RightErasure       RightKind = "erasure"       // keys are destroyed
	RightRestriction   RightKind = "restriction"   // only the person's own uses go on
	RightObjection     RightKind = "objection"     // uses for a purpose end
	RightAutomated     RightKind = "automated"     // what is decided without a person, and by which rules
	RightOptOut        RightKind = "opt-out"       // of what is collected or sent on consent
	RightComplaint     RightKind = "complaint"     // about how data is handled
)

// Values lists the kinds.
func (RightKind) Values() []string {
	return []string{"access", "copy", "rectification", "erasure", "restriction", "objection", "automated", "opt-out", "complaint"}
}

// Ground is a justification for not doing what somebody asks for, a term of
// the non-fulfilment list of the W3C's vocabulary DPV 2.3.
type Ground string

// GroundIdentity is that it could not be shown who asks.
const GroundIdentity Ground = "justifications:IdentityVerificationFailure"

// Values lists the grounds for which the program has words.
func (Ground) Values() []string {
	return []string{
		"justifications:ProcessFrivolous", "justifications:ProcessMalicious", "justifications:ProcessExcessive", "justifications:ProcessUnfounded",
		"justifications:ThirdPartyRightsImpaired", "justifications:DisproportionateEffortRequired", "justifications:FulfilmentImpossible",
		"justifications:LegallyExempted", "justifications:LegalObligationImpaired", "justifications:LegalClaimImpaired",
		"justifications:OfficialAuthorityExerciseImpaired", "justifications:PublicInterestArchivingImpaired",
		"justifications:CrimeInvestigationImpaired", "justifications:IdentityVerificationFailure", "justifications:EntityAlreadyInformed",
		"justifications:LegitimateInterestOverride",
	}
}

// Word is the ground as keys of sentences have it: process-frivolous.
func (g Ground) Word() string {
	_, term, _ := strings.Cut(string(g), ":")
	var b strings.Builder
	for i, r := range term {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// AppliesTo reports whether the right applies to what rests on a basis.
func (r Right) AppliesTo(basis Term) bool {
	return len(r.Bases) == 0 || slices.Contains(r.Bases, basis)
}

// Right returns a right that is asked for on the portal.
func (p *Policy) Right(id string) (Right, bool) {
	return first(p.declarations.Rights, func(r Right) bool { return r.ID == id && r.Kind != "" })
}

// AskedRights are the rights that are asked for on the portal.
func (p *Policy) AskedRights() []Right {
	return slices.DeleteFunc(slices.Clone(p.declarations.Rights), func(r Right) bool { return r.Kind == "" })
}

// rights checks that what can be asked for has a time and can be answered.
func (c *compiler) rights() {
	asked := false
	for i, v := range c.d.Rights {
		path := at("rights", v.ID, i)
		for j, b := range v.Bases {
			if slices.Index(v.Bases, b) != j {
				c.report(path+"/bases", "%s stands here twice", b)
			}
			if !slices.ContainsFunc(c.d.Purposes, func(p Purpose) bool { return p.Basis.DPV == b }) &&
				!slices.ContainsFunc(c.d.Activities, func(a Activity) bool { return a.Basis != nil && a.Basis.DPV == b }) {
				c.report(path+"/bases", "nothing rests on the basis %s", b)
			}
		}
		for j, g := range v.Refusal {
			if slices.Index(v.Refusal, g) != j {
				c.report(path+"/refusal", "%s stands here twice", g)
			}
		}
		if v.Kind == "" {
			if v.Extension != "" || len(v.Refusal) > 0 || len(v.Bases) > 0 || len(v.Fee) > 0 || len(v.Appeal) > 0 {
				c.report(path+"/kind", "is missing: only a right that is asked for on the portal has bases, an extension, a fee, grounds or an appeal")
			}
			continue
		}
		asked = true
		if !days(v.Within) {
			c.report(path+"/within", "says within how many days it is answered, such as P30D")
		}
		if v.Extension != "" && !days(v.Extension) {
			c.report(path+"/extension", "is a number of days or months, such as P60D")
		}
		if len(v.Refusal) > 0 && len(v.Appeal) == 0 {
			c.report(path+"/appeal", "is missing: a refusal says how to appeal (I11)")
		}
	}
	if asked && !slices.ContainsFunc(c.d.Roles, func(r Role) bool { return slices.Contains(r.May, AnswerRights) }) {
		c.report("roles", "no role may %s, and rights are asked for on the portal", AnswerRights)
	}
}

// days reports whether p is a length of time.
func days(p Period) bool {
	y, m, d, err := p.Parts()
	return err == nil && y+m+d > 0
}

// Answered is the last moment at which a request for the right is answered in
// time, counted from a moment, in that moment's zone: the end of a day.
func (r Right) Answered(since time.Time, extended bool) (time.Time, error) {
	at, err := r.Within.After(since)
	if err == nil && extended && r.Extension != "" {
		at, err = r.Extension.After(at)
	}
	y, m, d := at.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, since.Location()), err
}

func terms[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t)
	}
	return out
}
