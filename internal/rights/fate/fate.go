package fate

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gowebpki/jcs"

	"portico/internal/keys"
)

// ErrNone says that a file is something else than the certificate of an
// erasure.
var ErrNone = errors.New("the file is no certificate of an erasure")

// signedAs is what a certificate's signature is for.
const signedAs = "erasure certificate 1"

// signed is a certificate with its signature, as it is downloaded.
type signed struct {
	Erasure   json.RawMessage `json:"erasure"` // canonical JSON (RFC 8785)
	Key       string          `json:"key"`     // verifier key of the portal's log, as published
	Signature []byte          `json:"signature"`
}

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

// sign is the file of a certificate.
func sign(c Certificate, ring *keys.Ring) ([]byte, error) {
	canonical, err := json.Marshal(c)
	if err == nil {
		canonical, err = jcs.Transform(canonical)
	}
	if err != nil {
		return nil, fmt.Errorf("write the certificate of an erasure: %w", err)
	}
	return json.Marshal(signed{canonical, ring.Vkey(), ring.Attest(signedAs, canonical)})
}

// Verify reads a certificate as downloaded and holds its signature against the
// portal's published key.
func Verify(file []byte, vkey string) (*Certificate, error) {
	var s signed
	if err := json.Unmarshal(file, &s); err != nil || len(s.Erasure) == 0 {
		return nil, ErrNone
	}
	canonical, err := jcs.Transform(s.Erasure)
	if err != nil {
		return nil, fmt.Errorf("read the certificate of an erasure: %w", err)
	}
	ok, err := keys.Attested(vkey, signedAs, canonical, s.Signature)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	if !ok {
		return nil, errors.New("the portal with this key did not sign this certificate")
	}
	var c Certificate
	if err := json.Unmarshal(canonical, &c); err != nil {
		return nil, fmt.Errorf("read the certificate of an erasure: %w", err)
	}
	return &c, nil
}
