package retention

import (
	"fmt"
	"time"

	"portico/internal/keys"
	"portico/internal/platform/db"
)

// What a certificate is signed as.
const (
	signedName = "certificate"
	signedKind = "disposal certificate 1"
)

// The states of a certificate.
const (
	Provisional = "provisional" // the keys are destroyed, so that nothing can be read; rows are still being removed
	Final       = "final"       // and no row is left
)

// Certificate says what was disposed of, by which rule or because of what. It
// names people and things by their random ids.
type Certificate struct {
	Instance string      `json:"instance"`
	Disposal string      `json:"disposal"`
	Person   string      `json:"person"`
	At       string      `json:"at"`
	Because  string      `json:"because"`
	Policy   string      `json:"policy_sha256"`
	Items    []Certified `json:"items"`
	Keys     int         `json:"keys_destroyed"`
	Last     bool        `json:"nothing_left_of_the_person"`
	State    string      `json:"state"`
	Rows     int64       `json:"rows_removed"`
	Swept    string      `json:"rows_removed_at,omitempty"`

	Transferred *Transferred `json:"transferred,omitempty"`
}

// Transferred is that a party keeps now what was disposed of here.
type Transferred struct {
	To        string `json:"to"`
	At        string `json:"at"`
	Reference string `json:"reference"`
	File      string `json:"file_sha256"`
}

// Certified is one thing of a certificate.
type Certified struct {
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	Service string `json:"service,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Since   string `json:"since,omitempty"`
	Due     string `json:"due,omitempty"`
	Action  string `json:"action"`
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Certificate signs what is known of a disposal now.
func (s *Service) Certificate(tx *db.Tx, disposal string) ([]byte, error) {
	d, err := selectDisposal(tx, disposal)
	if err != nil {
		return nil, fmt.Errorf("read a disposal: %w", err)
	}
	if d == nil {
		return nil, errUnknown
	}
	c := Certificate{
		Instance: s.Ring.Instance(), Disposal: d.ID, Person: d.Subject, At: when(d.At), Because: d.Because, Policy: d.Policy,
		Last: d.Last, State: Provisional, Rows: d.Swept, Swept: when(d.Done),
	}
	if !d.Done.IsZero() {
		c.State = Final
	}
	t, err := s.transfer(tx, d)
	if err != nil {
		return nil, err
	}
	if t != nil {
		c.Transferred = &Transferred{To: t.Party, At: when(t.At), Reference: t.Reference, File: t.SHA256}
	}
	for _, i := range d.Items {
		if i.Scope != "" {
			c.Keys++
		}
		c.Items = append(c.Items, Certified{
			Kind: i.Kind, ID: i.ID, Service: i.Service, Rule: i.Rule, Since: when(i.Since), Due: when(i.Due), Action: string(i.Action),
		})
	}
	return s.Ring.Document(signedName, signedKind, c)
}

// Verify reads a certificate as downloaded, signed by the portal with this key;
// another file is keys.ErrOther.
func Verify(file []byte, vkey string) (*Certificate, error) {
	c := &Certificate{}
	return c, keys.ReadDocument(file, vkey, signedName, signedKind, c)
}
