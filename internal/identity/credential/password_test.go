package credential

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"portico/internal/platform/fault"
)

func known(t testing.TB) *Known {
	t.Helper()
	k, err := LoadKnown()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKnownPasswordsAreRefused(t *testing.T) {
	k := known(t)
	for _, p := range strings.Fields(`
		password password1 password123 Password2024! P@ssw0rd2024 passw0rd!! pa55word2025 PASSWORD1234 mypassword1 passwordpassword
		qwertyuiop qwerty12345 1q2w3e4r5t 1qaz2wsx3edc zxcvbnm123 asdfghjkl1 qwertzuiop azertyuiop
		1234567890 0987654321 123456789012 1111111111 aaaaaaaaaaaa 1212121212 abcabcabcabc abcdefghij abcdef123456
		iloveyou12 iloveyou2024 letmein123 welcome2026! admin12345 administrator changeme123 $ecret2024
		football2024 liverpool1! barcelona10 princess2020 sunshine123 michael1990 jennifer!! maldives2026 Fuvahmulah1 rufiyaa2025
		19901231 2512198825 01-01-1990 12.12.2012 aishath1999 Ibrahim12345 superman123 starwars!!`) {
		if !k.Bad(p) {
			t.Errorf("%q is not refused", p)
		}
	}
}

func TestGoodPasswordsPass(t *testing.T) {
	k := known(t)
	for _, p := range []string{
		"correct horse battery staple", "Vq7-mulberry-kettle", "seven boats leave Addu at dawn", "tR9!kz2#Lm",
		"xk3vbq9wpz", "ރަށުގެ ކަނޑު ފެހި އެއްގަމު", "hippo-lantern-42-drum", "8Fg2kQ0zLw", "portico-demo",
	} {
		if code := k.CheckPassword(p, "aishath.rasheed@example.mv"); code != "" {
			t.Errorf("%q is refused: %s", p, code)
		}
	}
}

// At least 10,000 known bad passwords are refused, counting only those that
// the length rule would have let through.
func TestAtLeastTenThousandKnownPasswordsAreRefused(t *testing.T) {
	k := known(t)
	if k.Len() < 10_000 {
		t.Fatalf("%d known words", k.Len())
	}
	long, missed := 0, 0
	for _, w := range k.words {
		if utf8.RuneCountInString(w) < PasswordMin {
			w += "2024!"
		}
		if utf8.RuneCountInString(w) < PasswordMin || len(w) > PasswordMaxBytes {
			continue
		}
		long++
		if !k.Bad(w) {
			missed++
			if missed < 10 {
				t.Errorf("%q is not refused", w)
			}
		}
	}
	if long < 10_000 {
		t.Errorf("only %d of those refused are long enough to be typed", long)
	}
}

func TestPasswordRules(t *testing.T) {
	k := known(t)
	for _, c := range []struct{ password, code string }{
		{"", "identity.password.empty"},
		{"kz2#Lm!9x", "identity.password.short"},
		{"ａｂ", "identity.password.short"},
		{strings.Repeat("kz2#Lm!9", 33), "identity.password.long"},
		{strings.Repeat("ﷺ", 60), "identity.password.long"}, // short as typed, long as NFKC
		{"Password2024!", "identity.password.known"},
		{"ｐａｓｓｗｏｒｄ２０２４", "identity.password.known"}, // full width: NFKC makes it what it is
		{"shiyana.m99", "identity.password.you"},
		{"tR9!kz2#Lm", ""},
	} {
		if got := k.CheckPassword(c.password, "shiyana.mohamed@example.mv"); got != c.code {
			t.Errorf("%q: %q, not %q", c.password, got, c.code)
		}
	}
}

func TestHashes(t *testing.T) {
	h := NewHasher(1)
	hash, err := h.Hash(t.Context(), "ｓeven boats é")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=20480,t=3,p=1$") {
		t.Errorf("hash is %s", hash)
	}
	for _, c := range []struct {
		hash, password string
		want           bool
	}{
		{hash, "seven boats e\u0301", true}, // the same after NFKC
		{hash, "seven boats e", false},
		{"", "seven boats", false},
		{hash, strings.Repeat("x", 300), false},
	} {
		got, err := h.Verify(t.Context(), c.hash, c.password)
		if err != nil || got != c.want {
			t.Errorf("%.20q %q: %t %v", c.hash, c.password, got, err)
		}
	}
	if _, err := h.Verify(t.Context(), "$1$nonsense", "x"); err == nil {
		t.Error("a broken hash is believed")
	}
}

func TestHashesWaitForAPlace(t *testing.T) {
	h := NewHasher(1)
	if err := h.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "seven boats"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a second hash runs beside the first: %v", err)
	}
}

func BenchmarkHash(b *testing.B) {
	h := NewHasher(1)
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "seven boats"); err != nil {
			b.Fatal(err)
		}
	}
}
