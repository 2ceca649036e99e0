package factor

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"portico/internal/platform/db"
)

// CodesMade is how many recovery codes a set has.
const CodesMade = 10

// codeAlphabet leaves out what looks alike: no 0 and O, no 1, I and L.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ="

// NewCodes makes a set of recovery codes, which ends the one before. Nobody
// can read them again.
func (k *Keeper) NewCodes(tx *db.Tx, subject string, seasoned time.Time) ([]string, error) {
	if err := deleteCodes(tx, subject); err != nil {
		return nil, fmt.Errorf("end recovery codes: %w", err)
	}
	if err := k.took(tx, subject, codes); err != nil {
		return nil, err
	}
	var made []string
	for range CodesMade {
		code := newCode()
		if err := insertCode(tx, subject, k.mac(subject, code), k.Clock.Now(), seasoned); err != nil {
			return nil, fmt.Errorf("keep a recovery code: %w", err)
		}
		made = append(made, code[:5]+"-"+code[5:])
	}
	return made, nil
}

// newCode is ten letters and figures: 31 ^ 10 is beyond what anybody tries.
func newCode() string {
	var b strings.Builder
	for raw := make([]byte, 1); b.Len() < 10; {
		_, _ = rand.Read(raw)
		if i := raw[0] & 31; codeAlphabet[i] != '=' {
			b.WriteByte(codeAlphabet[i])
		}
	}
	return b.String()
}

func (k *Keeper) mac(subject, code string) string {
	return base32.StdEncoding.EncodeToString(k.Codes.Code("recovery code", subject+" "+code))
}

// UseCode uses a recovery code up; it is wrong if it was used before.
func (k *Keeper) UseCode(tx *db.Tx, subject, typed string) (right bool, seasoned time.Time, err error) {
	code := TidyCode(typed)
	if code == "" {
		return false, time.Time{}, nil
	}
	right, seasoned, err = useCode(tx, subject, k.mac(subject, code), k.Clock.Now())
	if err != nil || !right {
		return false, time.Time{}, err
	}
	return true, seasoned, k.took(tx, subject, codes)
}

// TidyCode brings a recovery code as people type it to its own form; empty if
// it is none.
func TidyCode(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(typed) {
		switch {
		case strings.ContainsRune(codeAlphabet[:31], r):
			b.WriteRune(r)
		case r == '-' || r == ' ':
		default:
			return ""
		}
	}
	if b.Len() != 10 {
		return ""
	}
	return b.String()
}
