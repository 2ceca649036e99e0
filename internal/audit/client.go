package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// httpWitness speaks C2SP tlog-witness.
type httpWitness struct {
	url    string
	name   string
	hash   uint32
	key    ed25519.PublicKey
	client *http.Client
}

// algCosignature is the signature type of a timestamped cosignature.
const algCosignature = 4

// NewWitness returns the witness at url with that verifier key (C2SP
// cosignature/v1). The client must not follow redirects; package web has one.
func NewWitness(url, vkey string, client *http.Client) (Witness, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash, key64, ok := strings.Cut(rest, "+")
	sum, err := strconv.ParseUint(hash, 16, 32)
	key, err2 := base64.StdEncoding.Strict().DecodeString(key64)
	if !ok || err != nil || err2 != nil || len(hash) != 8 || len(key) != 1+ed25519.PublicKeySize || key[0] != algCosignature {
		return nil, errors.New("the witness's verifier key is no cosignature key")
	}
	return &httpWitness{strings.TrimSuffix(url, "/"), name, uint32(sum), key[1:], client}, nil
}

func (w *httpWitness) Name() string { return w.name }

func (w *httpWitness) Cosign(ctx context.Context, old int64, proof [][]byte, checkpoint []byte) ([]byte, error) {
	body := fmt.Appendf(nil, "old %d\n", old)
	for _, h := range proof {
		body = append(base64.StdEncoding.AppendEncode(body, h), '\n')
	}
	body = append(append(body, '\n'), checkpoint...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, errors.New("it cannot be reached")
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	answer, err := io.ReadAll(io.LimitReader(resp.Body, checkpointLimit))
	if err != nil {
		return nil, errors.New("its answer breaks off")
	}
	switch {
	case resp.StatusCode == http.StatusConflict && resp.Header.Get("Content-Type") == "text/x.tlog.size":
		size, err := strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64)
		if err != nil || size < 0 {
			return nil, errors.New("it answers with a size that is none")
		}
		return nil, &StaleWitness{size}
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("it answers %d", resp.StatusCode)
	}
	return w.check(checkpoint, answer)
}

// check returns the signature line of the witness in answer, if it signs the
// checkpoint.
func (w *httpWitness) check(checkpoint, answer []byte) ([]byte, error) {
	text, _, found := bytes.Cut(checkpoint, []byte("\n\n"))
	if !found {
		return nil, errors.New("the checkpoint is not signed")
	}
	signed := append(bytes.Clone(checkpoint), answer...)
	n, err := note.Open(signed, note.VerifierList(&cosigner{w, append(bytes.Clone(text), '\n')}))
	if err != nil || len(n.Sigs) != 1 {
		return nil, errors.New("its signature does not verify")
	}
	return fmt.Appendf(nil, "\u2014 %s %s\n", w.name, n.Sigs[0].Base64), nil
}

// cosigner verifies one cosignature of a note's text.
type cosigner struct {
	*httpWitness
	text []byte
}

func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize || !bytes.Equal(text, c.text) {
		return false
	}
	msg := fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(c.key, msg, sig[8:])
}
