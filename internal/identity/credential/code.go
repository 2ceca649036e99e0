package credential

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
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

// NewSalt is the salt of a challenge.
func NewSalt() []byte {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return salt
}

// CodeOf is the code of a challenge: six figures that follow from the
// challenge, its salt and a key, so that they need not be stored.
func CodeOf(codes Codes, challenge string, salt []byte) string {
	mac := codes.Code("identity challenge", challenge+" "+base64.RawURLEncoding.EncodeToString(salt))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac)%1_000_000)
}

// SameCode compares two codes without telling how alike they are.
func SameCode(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// letters write 128 bits in such a way that an address of mail, which may lose
// its capitals, still holds them.
var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// TokenOf is what opens the address of a thing, and nobody can guess. It stands
// nowhere: it follows from a key, what it is for and the thing's id.
func TokenOf(codes Codes, use, thing string) string {
	return letters.EncodeToString(codes.Code(use, thing)[:16])
}

// SameToken compares a token with one that somebody gave, without telling how
// alike they are.
func SameToken(token, given string) bool { return SameCode(token, strings.ToLower(given)) }

// Figures keeps the six figures of a code as people type it, with spaces or
// dashes between them. It returns nothing if there is more or less.
func Figures(typed string) string {
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
