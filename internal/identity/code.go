package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
)

// Codes makes the authenticator of a code under a key that the store has not:
// keys.Ring is one.
type Codes interface {
	Code(use, code string) []byte
}

func newSalt() []byte {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return salt
}

// codeOf is the code of a challenge: six figures that follow from the
// challenge, its salt and a key, so that they need not be stored.
func codeOf(codes Codes, c challenge) string {
	mac := codes.Code("identity challenge", c.ID+" "+base64.RawURLEncoding.EncodeToString(c.Salt))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac)%1_000_000)
}

func sameCode(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// figures keeps the figures of a code as people type it, with spaces or
// dash; any digits of Unicode count. It returns nothing if there is more.
func figures(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	var b strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.IsSpace(r) || r == '-':
		default:
			return ""
		}
	}
	if b.Len() != 6 {
		return ""
	}
	return b.String()
}
