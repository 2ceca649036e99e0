package consent

import (
	"portico/internal/keys"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// What a receipt is signed as.
const (
	signedName = "receipt"
	signedKind = "consent receipt 1"
)

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
	return s.Ring.Document(signedName, signedKind, r)
}

// Verify reads a receipt as downloaded, signed by the portal with this key;
// another file is keys.ErrOther.
func Verify(file []byte, vkey string) (*Receipt, error) {
	r := &Receipt{}
	err := keys.ReadDocument(file, vkey, signedName, signedKind, r)
	if err == nil && len(r.Processing) == 0 {
		err = keys.ErrOther
	}
	return r, err
}
