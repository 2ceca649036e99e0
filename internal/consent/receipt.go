package consent

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"

	"portico/internal/keys"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// ErrNoReceipt says that a file is something else than a receipt of a consent.
var ErrNoReceipt = errors.New("the file is no receipt of a consent")

// kind is what a receipt's signature is for.
const kind = "consent receipt 1"

// Signed is a receipt with its signature, as people download it.
type Signed struct {
	Receipt   json.RawMessage `json:"receipt"` // canonical JSON (RFC 8785)
	Key       string          `json:"key"`     // verifier key of the portal's log, as published
	Signature []byte          `json:"signature"`
}

// Receipt says who said what to whom about which use of data, in the words of
// ISO/IEC TS 27560. It names a person by their random id only.
type Receipt struct {
	Record     record       `json:"record"`
	Processing []processing `json:"pii_processing"`
	Parties    []party      `json:"party_identification"`
	Event      event        `json:"event"`
}

type record struct {
	Schema    string `json:"schema_version"`
	ID        string `json:"record_id"`
	Principal string `json:"pii_principal_id"`
}

type processing struct {
	Notice     string      `json:"privacy_notice"`
	Policy     string      `json:"policy_sha256"`
	Terms      string      `json:"terms_sha256"`
	Purpose    string      `json:"purpose"`
	Name       i18n.Text   `json:"purpose_name,omitempty"`
	Text       i18n.Text   `json:"purpose_description,omitempty"`
	Type       string      `json:"purpose_type,omitempty"`
	Basis      string      `json:"lawful_basis,omitempty"`
	Data       []named     `json:"pii_information,omitempty"`
	Recipients []string    `json:"recipient_third_parties,omitempty"`
	Retention  []retention `json:"retention,omitempty"`
	Withdrawal string      `json:"withdrawal_method"`
	Law        i18n.Text   `json:"jurisdiction,omitempty"`
}

type named struct {
	ID   string    `json:"pii_type"`
	Name i18n.Text `json:"name"`
}

type retention struct {
	Period  string    `json:"storage_duration"`
	Trigger i18n.Text `json:"from"`
}

type party struct {
	ID      string    `json:"party_id"`
	Name    i18n.Text `json:"party_name"`
	Type    string    `json:"party_type"`
	Country string    `json:"party_country,omitempty"`
	Address i18n.Text `json:"party_address,omitempty"`
}

type event struct {
	Time  string `json:"event_time"`
	State string `json:"event_state"`
	Type  string `json:"event_type"`
}

// receipt writes and signs the receipt of an event.
func (s *Service) receipt(e *Event, asked policy.Asked) ([]byte, error) {
	about := s.About()
	p := processing{
		Notice: about.URL + "/privacy.jsonld", Policy: s.Policy().Hash(), Terms: e.Terms, Purpose: e.Purpose, Name: asked.Purpose.Name,
		Text: asked.Purpose.Description, Type: string(asked.Purpose.DPV), Basis: string(asked.Purpose.Basis.DPV),
		Withdrawal: about.URL + "/" + about.Lang + "/cabinet/consents", Law: about.Law,
	}
	r := Receipt{
		Record:  record{Schema: "ISO/IEC TS 27560:2023", ID: e.ID, Principal: e.Subject},
		Parties: []party{{ID: "controller", Name: about.Operator, Type: "dpv:DataController", Address: about.Address}},
		Event:   event{Time: when(e.At), State: "consent " + string(e.Act), Type: "expressed"},
	}
	for _, f := range asked.Fields {
		p.Data = append(p.Data, named{f.ID, f.Name})
	}
	for _, u := range asked.Recipients {
		p.Recipients = append(p.Recipients, u.ID)
		r.Parties = append(r.Parties, party{ID: u.ID, Name: u.Name, Type: string(u.Kind), Country: u.Country})
	}
	for _, t := range asked.Retention {
		p.Retention = append(p.Retention, retention{string(t.Period), t.Trigger})
	}
	r.Processing = []processing{p}
	canonical, err := json.Marshal(r)
	if err == nil {
		canonical, err = jcs.Transform(canonical)
	}
	if err != nil {
		return nil, fmt.Errorf("write a receipt: %w", err)
	}
	return json.Marshal(Signed{canonical, s.Ring.Vkey(), s.Ring.Attest(kind, canonical)})
}

// Verify reads a receipt as downloaded and holds its signature against the
// portal's published key.
func Verify(file []byte, vkey string) (*Receipt, error) {
	var signed Signed
	if err := json.Unmarshal(file, &signed); err != nil || len(signed.Receipt) == 0 {
		return nil, ErrNoReceipt
	}
	canonical, err := jcs.Transform(signed.Receipt)
	if err != nil {
		return nil, fmt.Errorf("the receipt is no JSON: %w", err)
	}
	ok, err := keys.Attested(vkey, kind, canonical, signed.Signature)
	if err != nil {
		return nil, fmt.Errorf("the key: %w", err)
	}
	if !ok {
		return nil, errors.New("the signature is not of this key over this receipt")
	}
	var r Receipt
	if err := json.Unmarshal(canonical, &r); err != nil || len(r.Processing) == 0 {
		return nil, ErrNoReceipt
	}
	return &r, nil
}
