package credential

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"portico/internal/platform/fault"
)

// What a password must have. Its characters are counted after NFKC, so that
// the same password typed on two keyboards is the same.
const (
	PasswordMin      = 10  // characters
	PasswordMaxBytes = 256 // as typed and as normalized
)

// The cost of a hash: 20 MiB and about 40 ms on a small server.
const (
	argonTime   = 3
	argonMemory = 20 * 1024 // KiB
	argonBytes  = 32
	saltBytes   = 16
)

// hashWait is how long somebody waits for a place among the hashes that run.
const hashWait = 3 * time.Second

var errBusy = fault.New(fault.Unavailable, "identity.busy")

// normalPassword is the form that is checked and hashed.
func normalPassword(typed string) string { return norm.NFKC.String(typed) }

// CheckPassword says what is wrong with a new password, as a catalogue key,
// or nothing. Words are what an attacker knows about the account, such as its
// e-mail address and the portal's name: a password made of one is refused.
func (k *Known) CheckPassword(typed string, words ...string) string {
	p := normalPassword(typed)
	switch {
	case typed == "":
		return "identity.password.empty"
	case len(typed) > PasswordMaxBytes || len(p) > PasswordMaxBytes:
		return "identity.password.long"
	case utf8.RuneCountInString(p) < PasswordMin:
		return "identity.password.short"
	case k.Bad(p):
		return "identity.password.known"
	case aboutYou(p, words):
		return "identity.password.you"
	}
	return ""
}

// aboutYou reports whether little but one of the words is left of p.
func aboutYou(p string, words []string) bool {
	p = strings.ToLower(p)
	for _, word := range words {
		for _, part := range strings.FieldsFunc(strings.ToLower(word), func(r rune) bool {
			return r == '@' || r == '.' || r == ' ' || r == '-' || r == '_' || r == '+'
		}) {
			n := utf8.RuneCountInString(part)
			if n >= 4 && strings.Contains(p, part) && utf8.RuneCountInString(p)-n < 6 {
				return true
			}
		}
	}
	return false
}

// Hasher hashes passwords with argon2id, a few at a time: each takes a core
// and 20 MiB, so that without a cap a crowd at the door would fell the house.
type Hasher struct {
	slots chan struct{}
	decoy string
}

// NewHasher returns a hasher that runs n hashes at once; 0 means one for each
// core but one, at least one.
func NewHasher(n int) *Hasher {
	if n <= 0 {
		n = max(1, runtime.GOMAXPROCS(0)-1)
	}
	h := &Hasher{slots: make(chan struct{}, n)}
	var salt [saltBytes]byte
	_, _ = rand.Read(salt[:])
	h.decoy = encodeHash(salt[:], make([]byte, argonBytes))
	return h
}

func (h *Hasher) enter(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errBusy.Because(ctx.Err())
	}
}

// Hash returns the hash of a password in PHC form.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	var salt [saltBytes]byte
	_, _ = rand.Read(salt[:])
	return encodeHash(salt[:], derive(password, salt[:], argonTime, argonMemory)), nil
}

// Verify reports whether a password has this hash. With no hash (an account
// that does not exist) it works as long, and answers false.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	exists := hash != ""
	if !exists {
		hash = h.decoy
	}
	if len(password) > PasswordMaxBytes {
		exists, password = false, ""
	}
	salt, want, cost, memory, err := decodeHash(hash)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(derive(password, salt, cost, memory), want) == 1
	return same && exists, nil
}

func derive(password string, salt []byte, cost, memory uint32) []byte {
	return argon2.IDKey([]byte(normalPassword(password)), salt, cost, memory, 1, argonBytes)
}

func encodeHash(salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, argonMemory, argonTime, b.EncodeToString(salt), b.EncodeToString(sum))
}

func decodeHash(hash string) (salt, sum []byte, cost, memory uint32, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return nil, nil, 0, 0, fmt.Errorf("read password hash: no argon2id hash")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &memory, &cost); err != nil {
		return nil, nil, 0, 0, fmt.Errorf("read password hash: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return nil, nil, 0, 0, fmt.Errorf("read password hash: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return nil, nil, 0, 0, fmt.Errorf("read password hash: %w", err)
	}
	return salt, sum, cost, memory, nil
}
