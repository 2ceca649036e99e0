package fate

import (
	"time"

	"portico/internal/keys"
)

// What a certificate is signed as.
const (
	signedName = "erasure"
	signedKind = "erasure certificate 1"
)

// The answers on a part.
const (
	Erased  = "erased"
	Erasing = "being erased" // it was granted, and goes now
	Kept    = "kept"

	Transferred = "transferred" // a party has it now, and it was erased here
)

// The states of a certificate.
const (
	Provisional = "provisional"
	Final       = "final"
)

// Certificate says what became of each part of an erasure that somebody asked
// for.
type Certificate struct {
	Instance string `json:"instance"`
	Request  string `json:"request"`
	Person   string `json:"person"`
	Asked    string `json:"asked"`
	Answered string `json:"answered"`
	Made     string `json:"made"`
	Policy   string `json:"policy_sha256"`
	State    string `json:"state"`
	Parts    []Part `json:"parts"`
}

// Part is one thing of a certificate.
type Part struct {
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	Service string `json:"service,omitempty"`
	Answer  string `json:"answer"`

	// Of what is erased: when, and the id of the disposal's own certificate.
	At       string `json:"at,omitempty"`
	Disposal string `json:"disposal,omitempty"`

	// Of what was handed over before: to which party, and by which name it is
	// found there.
	To        string `json:"to,omitempty"`
	Reference string `json:"reference,omitempty"`

	// Of what is kept: the ground of the refusal, the rule with its time, and
	// the moment at which it ends. Without one it depends on Event, which has
	// not happened.
	Ground string `json:"ground,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Period string `json:"period,omitempty"`
	Grace  string `json:"grace,omitempty"`
	Event  string `json:"event,omitempty"`
	Until  string `json:"until,omitempty"`
	Holds  []Hold `json:"holds,omitempty"`
}

// Hold is a legal hold on what is kept. Without a time it lasts until it is
// lifted.
type Hold struct {
	Ground string `json:"ground"`
	Until  string `json:"until,omitempty"`
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Verify reads a certificate as downloaded, signed by the portal with this key;
// another file is keys.ErrOther.
func Verify(file []byte, vkey string) (*Certificate, error) {
	c := &Certificate{}
	return c, keys.ReadDocument(file, vkey, signedName, signedKind, c)
}
