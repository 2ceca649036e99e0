// Package factortest is an authenticator for tests: it makes passkeys and
// proves with them as a device does, and does everything wrong that a thief's
// would.
package factortest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// Authenticator holds one passkey.
type Authenticator struct {
	Origin   string // of the page that asks; the browser says it
	Party    string // the host that the passkey is bound to
	Verified bool   // it verified its owner
	Counter  uint32
	ID       []byte
	Handle   []byte // whose passkey it says it is

	t   testing.TB
	key *ecdsa.PrivateKey
}

// New returns an authenticator at an origin, without a passkey yet.
func New(t testing.TB, origin, party string) *Authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &Authenticator{Origin: origin, Party: party, Verified: true, ID: make([]byte, 16), t: t, key: key}
	_, _ = rand.Read(a.ID)
	return a
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// options are what both kinds of request say.
type options struct {
	Challenge string
	User      struct{ ID string }
}

func (a *Authenticator) read(text string) (o options) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		a.t.Fatalf("options %q: %v", text, err)
	}
	return o
}

func (a *Authenticator) client(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// data is what an authenticator says of itself: for whom, how, how often.
func (a *Authenticator) data(flags byte) []byte {
	party := sha256.Sum256([]byte(a.Party))
	flags |= 1 // somebody was there
	if a.Verified {
		flags |= 4
	}
	a.Counter++
	return binary.BigEndian.AppendUint32(append(party[:], flags), a.Counter)
}

// Make answers a request to make a passkey, as a browser would send it.
func (a *Authenticator) Make(request string) []byte {
	a.t.Helper()
	o := a.read(request)
	var err error
	if a.Handle, err = base64.RawURLEncoding.DecodeString(o.User.ID); err != nil {
		a.t.Fatal(err)
	}
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	public, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	data := append(a.data(0x40), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.ID)))
	data = append(append(data, a.ID...), public...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": b64(a.client("webauthn.create", o.Challenge)), "attestationObject": b64(object),
	})
}

// Prove answers a request to prove with the passkey.
func (a *Authenticator) Prove(request string) []byte {
	a.t.Helper()
	client := a.client("webauthn.get", a.read(request).Challenge)
	data := a.data(0)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.Handle),
	})
}

func (a *Authenticator) answer(response map[string]any) []byte {
	b, err := json.Marshal(map[string]any{
		"id": b64(a.ID), "rawId": b64(a.ID), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}
