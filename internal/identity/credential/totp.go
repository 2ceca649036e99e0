package credential

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"rsc.io/qr"
)

// A second factor is TOTP as every authenticator app knows it: SHA-1, six
// figures, thirty seconds. One step before and after is accepted, for clocks.
const (
	totpPeriod = 30
	totpSkew   = 1
)

// NewKey returns a new key, as text.
func NewKey() string {
	secret := make([]byte, 20)
	_, _ = rand.Read(secret)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// KeyOf is a key as an app reads it.
func KeyOf(issuer, account, secret string) (*otp.Key, error) {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account, RawQuery: url.Values{
		"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {strconv.Itoa(totpPeriod)},
	}.Encode()}
	key, err := otp.NewKeyFromURL(strings.ReplaceAll(u.String(), "+", "%20"))
	if err != nil {
		return nil, fmt.Errorf("write the key of a second factor: %w", err)
	}
	return key, nil
}

// StepOf returns the moment for which a code is right, and false if it is
// right for none.
func StepOf(secret, code string, now time.Time) (int64, bool) {
	at := now.Unix() / totpPeriod
	found, ok := int64(0), false
	for step := at - totpSkew; step <= at+totpSkew; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found, ok = step, true
		}
	}
	return found, ok
}

// Picture draws the key's address as a PNG.
func Picture(address string) ([]byte, error) {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw the key of a second factor: %w", err)
	}
	code.Scale = 6
	return code.PNG(), nil
}

// Grouped writes a key in fours, as people copy it.
func Grouped(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
