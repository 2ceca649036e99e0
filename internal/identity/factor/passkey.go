package factor

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/vault"
)

// What a challenge of a passkey is for.
const (
	ForSignIn   = "sign-in"
	ForStepUp   = "step-up"  // bound to the session
	ForRegister = "register" // bound to the session
)

// Limits of passkeys.
const (
	challengeLife = 5 * time.Minute
	passkeysMax   = 20
	NameMax       = 60 // characters of what a passkey is called
)

// challenge makes a challenge that shows by itself what it is for and how old
// it is, so that showing a page writes nothing. Only its use is stored.
func (k *Keeper) challenge(what, bound string) string {
	raw := make([]byte, 24, 56)
	_, _ = rand.Read(raw[:16])
	binary.BigEndian.PutUint64(raw[16:], uint64(clock.Micros(k.Clock.Now())))
	return base64.RawURLEncoding.EncodeToString(append(raw, k.seal(what, bound, raw)...))
}

func (k *Keeper) seal(what, bound string, raw []byte) []byte {
	return k.Codes.Code("passkey challenge", what+" "+bound+" "+hex.EncodeToString(raw))
}

// takeChallenge uses a challenge up that a browser sent back.
func (k *Keeper) takeChallenge(tx *db.Tx, sent, what, bound string) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sent)
	if err != nil || len(raw) < 25 || !hmac.Equal(raw[24:], k.seal(what, bound, raw[:24])) {
		return errPasskey
	}
	now := k.Clock.Now()
	made := clock.FromMicros(int64(binary.BigEndian.Uint64(raw[16:24])))
	if now.Before(made) || now.Sub(made) > challengeLife {
		return errPasskey
	}
	sum := sha256.Sum256(raw)
	fresh, err := useChallenge(tx, hex.EncodeToString(sum[:]), made.Add(challengeLife), now)
	if err != nil {
		return fmt.Errorf("use a challenge: %w", err)
	}
	if !fresh {
		return errPasskey
	}
	return nil
}

// party is this portal as authenticators know it: its host, and its origin.
func (k *Keeper) party() (*webauthn.WebAuthn, error) {
	at, err := url.Parse(k.Address())
	if err != nil || at.Host == "" {
		return nil, fmt.Errorf("the portal has no address that passkeys could be bound to")
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: at.Hostname(), RPDisplayName: at.Hostname(), RPOrigins: []string{at.Scheme + "://" + at.Host},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore, // some managers tell more than was asked
	})
	if err != nil {
		return nil, fmt.Errorf("bind passkeys to the portal's address: %w", err)
	}
	return w, nil
}

// algorithms are the signatures that we take: what every authenticator offers.
func algorithms() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
	}
}

// holder is somebody with the passkeys that they have.
type holder struct {
	subject string
	keys    []webauthn.Credential
	rows    []passkeyRow
}

func (h *holder) WebAuthnID() []byte                         { return []byte(h.subject) }
func (h *holder) WebAuthnName() string                       { return h.subject }
func (h *holder) WebAuthnDisplayName() string                { return h.subject }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func passkeyPlace(id string) string { return "factor_passkey " + id }

func (k *Keeper) holder(tx *db.Tx, subject string) (*holder, error) {
	h := &holder{subject: subject}
	var err error
	if h.rows, err = selectPasskeys(tx, subject); err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	for _, row := range h.rows {
		plain, err := k.Vault.OpenSecret(tx, subject, passkeyPlace(row.ID), row.Sealed)
		if err != nil {
			return nil, fmt.Errorf("open a passkey: %w", err)
		}
		var c webauthn.Credential
		if err := json.Unmarshal(plain, &c); err != nil {
			return nil, fmt.Errorf("read a passkey: %w", err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

func (k *Keeper) sealPasskey(tx *db.Tx, subject, id string, c *webauthn.Credential) ([]byte, error) {
	kept := *c
	kept.Attestation = webauthn.CredentialAttestation{} // which maker's device it is, is nobody's business
	plain, err := json.Marshal(&kept)
	if err != nil {
		return nil, fmt.Errorf("write a passkey: %w", err)
	}
	return k.Vault.SealSecret(tx, subject, passkeyPlace(id), plain)
}

// known names a passkey to a browser.
type known struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// NewPasskeyOptions are what a browser needs to make a passkey, as JSON.
func (k *Keeper) NewPasskeyOptions(tx *db.Tx, subject, session, label string) (string, error) {
	w, err := k.party()
	if err != nil {
		return "", err
	}
	h, err := k.holder(tx, subject)
	if err != nil {
		return "", err
	}
	have := []known{}
	for _, c := range h.keys {
		have = append(have, known{"public-key", base64.RawURLEncoding.EncodeToString(c.ID)})
	}
	type named map[string]any
	b, err := json.Marshal(named{
		"challenge":        k.challenge(ForRegister, session),
		"rp":               named{"id": w.Config.RPID, "name": label},
		"user":             named{"id": base64.RawURLEncoding.EncodeToString(h.WebAuthnID()), "name": label, "displayName": label},
		"pubKeyCredParams": algorithms(), "timeout": challengeLife.Milliseconds(), "attestation": "none", "excludeCredentials": have,
		"authenticatorSelection": named{"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
	})
	if err != nil {
		return "", fmt.Errorf("ask for a passkey: %w", err)
	}
	return string(b), nil
}

// ProveOptions are what a browser needs to prove with a passkey, as JSON.
// Whose passkey, the authenticator says.
func (k *Keeper) ProveOptions(what, session string) (string, error) {
	w, err := k.party()
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(map[string]any{
		"challenge": k.challenge(what, session), "rpId": w.Config.RPID, "timeout": challengeLife.Milliseconds(), "userVerification": "required",
	})
	if err != nil {
		return "", fmt.Errorf("ask for a passkey: %w", err)
	}
	return string(b), nil
}

// CheckName says what is wrong with what a passkey is to be called, as a fault
// about the field "name", or nil, and returns its tidy form.
func CheckName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", fault.Input(fault.Field{Name: "name", Code: "identity.passkey.name.empty"})
	case n > NameMax:
		return "", fault.Input(fault.Field{Name: "name", Code: "identity.passkey.name.long", Args: []any{"max", NameMax}})
	}
	return name, nil
}

// AddPasskey keeps the passkey that a browser made for a session. The event is
// the caller's.
func (k *Keeper) AddPasskey(tx *db.Tx, me policy.Actor, session, name string, response []byte, seasoned time.Time) error {
	name, err := CheckName(name)
	if err != nil {
		return err
	}
	w, err := k.party()
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return errPasskey.Because(err)
	}
	sent := parsed.Response.CollectedClientData.Challenge
	if err := k.takeChallenge(tx, sent, ForRegister, session); err != nil {
		return err
	}
	h, err := k.holder(tx, me.ID)
	if err != nil {
		return err
	}
	if len(h.keys) >= passkeysMax {
		return fault.New(fault.Conflict, "identity.passkey.many")
	}
	c, err := w.CreateCredential(h, webauthn.SessionData{
		Challenge: sent, RelyingPartyID: w.Config.RPID, UserID: h.WebAuthnID(),
		UserVerification: protocol.VerificationRequired, CredParams: algorithms(),
	}, parsed)
	if err != nil {
		return errPasskey.Because(err)
	}
	for _, other := range h.keys {
		if bytes.Equal(other.ID, c.ID) {
			return fault.New(fault.Conflict, "identity.passkey.known")
		}
	}
	now := k.Clock.Now()
	row := passkeyRow{ID: id.New(now), Created: now, Seasoned: seasoned}
	if row.Sealed, err = k.sealPasskey(tx, me.ID, row.ID, c); err != nil {
		return err
	}
	if err := insertPasskey(tx, me.ID, row); err != nil {
		return fmt.Errorf("keep a passkey: %w", err)
	}
	if err := k.Vault.NewScope(tx, me.ID, "passkey:"+row.ID); err != nil {
		return err
	}
	return k.NamePasskey(tx, me, row.ID, name)
}

// Proof is what a passkey proved.
type Proof struct {
	Subject  string // who its holder is; empty: nobody whom we know
	Seasoned time.Time
}

// Prove checks what a browser's authenticator signed. It is an Invalid fault
// if it proves nothing; the proof then still says whose passkey it claimed to
// be, if that is somebody, so that the failure can be told to them.
func (k *Keeper) Prove(tx *db.Tx, what, session string, response []byte) (p Proof, err error) {
	w, err := k.party()
	if err != nil {
		return Proof{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Proof{}, errPasskey.Because(err)
	}
	sent := parsed.Response.CollectedClientData.Challenge
	if err := k.takeChallenge(tx, sent, what, session); err != nil {
		return Proof{}, err
	}
	h, err := k.holder(tx, string(parsed.Response.UserHandle))
	if err != nil {
		return Proof{}, err
	}
	if len(h.keys) == 0 {
		return Proof{}, errPasskey
	}
	p.Subject = h.subject
	_, c, err := w.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return h, nil }, webauthn.SessionData{
		Challenge: sent, RelyingPartyID: w.Config.RPID, UserVerification: protocol.VerificationRequired,
	}, parsed)
	if err != nil {
		return p, errPasskey.Because(err)
	}
	if c.Authenticator.CloneWarning {
		return p, errPasskey.Because(errors.New("the counter of a passkey went back"))
	}
	for i, row := range h.rows {
		if !bytes.Equal(h.keys[i].ID, c.ID) {
			continue
		}
		if row.Sealed, err = k.sealPasskey(tx, h.subject, row.ID, c); err != nil {
			return p, err
		}
		alone, err := usePasskey(tx, h.subject, row, k.Clock.Now())
		if err != nil {
			return p, fmt.Errorf("use a passkey: %w", err)
		}
		if !alone {
			return p, errPasskey.Because(errors.New("a passkey was used twice at once"))
		}
		p.Seasoned = row.Seasoned
		return p, nil
	}
	return p, errPasskey
}

// Passkey is one that its holder can name and remove.
type Passkey struct {
	ID      string
	Name    string
	Created time.Time
	Used    time.Time // zero: not yet
}

// Passkeys are somebody's, the oldest first. Each name is opened through the
// gate.
func (k *Keeper) Passkeys(ctx context.Context, d *db.DB, me policy.Actor) (list []Passkey, err error) {
	var rows []passkeyRow
	if err := d.View(ctx, func(tx *db.Tx) (err error) { rows, err = selectPasskeys(tx, me.ID); return err }); err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	for _, row := range rows {
		values, err := k.Vault.Read(ctx, use(me, row.ID, policy.Use))
		if err != nil {
			return nil, fmt.Errorf("list passkeys: %w", err)
		}
		list = append(list, Passkey{row.ID, values.Text(nameField(me)), row.Created, row.Used})
	}
	return list, nil
}

// NamePasskey says what a passkey is called.
func (k *Keeper) NamePasskey(tx *db.Tx, me policy.Actor, id, name string) error {
	permit, err := k.Vault.Permit(tx, use(me, id, policy.Collect))
	if err != nil {
		return err
	}
	return k.Vault.Put(tx, permit, []vault.Value{{Field: nameField(me), Text: name, Source: policy.SourceForm}})
}

// RemovePasskey takes a passkey away, and reports whether it was there.
func (k *Keeper) RemovePasskey(tx *db.Tx, subject, id string) (bool, error) {
	gone, err := deletePasskey(tx, subject, id)
	if err != nil || !gone {
		return false, err
	}
	return true, k.took(tx, subject, passkeys+":"+id)
}
