package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"portico/internal/audit"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy/policytest"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// nobody is signed in.
type nobody struct{}

func (nobody) Session(context.Context, string, string) (*web.Session, error) { return nil, nil }

func browse(t *testing.T, s *vaulttest.Store) *testkit.Browser {
	t.Helper()
	cat, err := i18n.Load(web.Locales(), audit.Locales())
	if err != nil {
		t.Fatal(err)
	}
	r, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: cat, Sessions: nobody{}, Clock: s.Clock,
		Portal:  func() *web.Portal { return &web.Portal{Name: i18n.Text{"en": "Test", "dv": "Test"}, Zone: time.UTC} },
		Cookies: func() []web.Cookie { return nil }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Log.Mount(r)
	return testkit.Browse(t, r)
}

func get(t *testing.T, b *testkit.Browser, path string) (int, []byte) {
	t.Helper()
	resp := b.Get(path)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

func TestAnybodyCanDownloadTheLogAndVerifyWithIt(t *testing.T) {
	each(t, func(t *testing.T, s *vaulttest.Store) {
		b := browse(t, s)
		if status, _ := get(t, b, "/audit/checkpoint"); status != http.StatusNotFound {
			t.Errorf("the checkpoint of an empty log: %d", status)
		}
		subject := s.Subject(t)
		happen(t, s, subject, 600)
		text := record(t, s, subject, 77)
		happen(t, s, subject, 100)
		integrate(t, s)
		happen(t, s, subject, 5) // not signed, not served

		log := fstest.MapFS{}
		fetch := func(path string) []byte {
			status, body := get(t, b, "/audit/"+path)
			if status != http.StatusOK {
				t.Fatalf("%s: %d", path, status)
			}
			log[path] = &fstest.MapFile{Data: body}
			return body
		}
		c, err := audit.OpenCheckpoint(fetch("checkpoint"), s.Ring.Vkey())
		if err != nil || c.Size != 700 {
			t.Fatalf("checkpoint %+v, %v", c, err)
		}
		for _, path := range []string{"tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"} {
			fetch(path)
		}
		v, err := audit.VerifyRecord(text, s.Ring.Vkey())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Against(log, s.Ring.Vkey()); err != nil {
			t.Error(err)
		}
		width := int(min(256, c.Size-v.Index/256*256)) // the last bundle is not full
		bundle := fetch(audit.BundlePath(v.Index/256, width))
		at := v.Index % 256 * 34
		if len(bundle) != width*34 || !bytes.Equal(bundle[at+2:at+34], v.Leaf[:]) || bytes.Contains(bundle, []byte(subject)) {
			t.Error("the entry bundle holds something else than leaves")
		}
		for _, path := range []string{
			"tile/0/002", "tile/0/002.p/189", "tile/0/003", "tile/1/000", "tile/1/000.p/3", "tile/2/000.p/1", "tile/entries/002.p/189",
			"tile/8/000", "tile/0/000.p/256", "tile/0/0", "tile/0/x001/000", "tile/0/%2e%2e/000", "tile/data/000", "tile/", "tile/entries/-01",
		} {
			if status, body := get(t, b, "/audit/"+path); status != http.StatusNotFound {
				t.Errorf("%s: %d %.80q", path, status, body)
			}
		}
	})
}

// witness is a C2SP witness that remembers one tree, and cosigns what contains
// it.
type witness struct {
	size int64
	root tlog.Hash
	key  ed25519.PrivateKey
	log  note.Verifier
	fail bool
}

func (w *witness) vkey() string {
	key := append([]byte{4}, w.key.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("witness.example+%08x+%s", w.hash(), base64.StdEncoding.EncodeToString(key))
}

func (w *witness) hash() uint32 {
	sum := sha256.Sum256(append([]byte("witness.example\n\x04"), w.key.Public().(ed25519.PublicKey)...))
	return binary.BigEndian.Uint32(sum[:])
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	head, checkpoint, _ := strings.Cut(string(body), "\n\n")
	var old int64
	if _, err := fmt.Sscanf(head, "old %d", &old); err != nil || r.URL.Path != "/add-checkpoint" {
		http.Error(rw, "", http.StatusBadRequest)
		return
	}
	if old != w.size {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", w.size)
		return
	}
	n, err := note.Open([]byte(checkpoint), note.VerifierList(w.log))
	if err != nil {
		http.Error(rw, "", http.StatusForbidden)
		return
	}
	var size int64
	var root string
	_, _ = fmt.Sscanf(strings.SplitN(n.Text, "\n", 2)[1], "%d\n%s", &size, &root)
	now, _ := tlog.ParseHash(root)
	var proof tlog.TreeProof
	for _, line := range strings.Split(head, "\n")[1:] {
		h, _ := tlog.ParseHash(line)
		proof = append(proof, h)
	}
	if size < w.size || size == w.size && now != w.root || size > w.size && w.size > 0 && tlog.CheckTree(proof, size, now, w.size, w.root) != nil {
		http.Error(rw, "", http.StatusUnprocessableEntity)
		return
	}
	w.size, w.root = size, now
	sig := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, w.hash()), 1763800000)
	signed := ed25519.Sign(w.key, []byte("cosignature/v1\ntime 1763800000\n"+n.Text))
	if w.fail {
		signed[0] ^= 1
	}
	fmt.Fprintf(rw, "\u2014 witness.example %s\n", base64.StdEncoding.EncodeToString(append(sig, signed...)))
}

// of has the log of a store cosigned.
func (w *witness) of(t *testing.T, s *vaulttest.Store) {
	t.Helper()
	log, err := note.NewVerifier(s.Ring.Vkey())
	if err != nil {
		t.Fatal(err)
	}
	w.key, w.log = ed25519.NewKeyFromSeed(make([]byte, 32)), log
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	remote, err := audit.NewWitness(server.URL, w.vkey(), server.Client())
	if err != nil {
		t.Fatal(err)
	}
	if s.Log, err = audit.Open(t.Context(), audit.Config{
		DB: s.DB, Ring: s.Ring, Keeper: vault.NewKeeper(s.Ring), Clock: s.Clock, Dir: s.Dir, Witnesses: []audit.Witness{remote},
	}); err != nil {
		t.Fatal(err)
	}
}

// rootOf is the root of the first entries of a published log, as RFC 6962 has
// it.
func rootOf(t *testing.T, log fs.FS, size int) tlog.Hash {
	t.Helper()
	var hashes []tlog.Hash
	for n := int64(0); len(hashes) < size; n++ {
		matches, err := fs.Glob(log, audit.BundlePath(n, 256)+"*")
		if err == nil && len(matches) == 1 && strings.HasSuffix(matches[0], ".p") {
			matches, err = fs.Glob(log, matches[0]+"/*")
		}
		if err != nil || len(matches) != 1 {
			t.Fatalf("bundle %d: %q, %v", n, matches, err)
		}
		b, err := fs.ReadFile(log, matches[0])
		if err != nil {
			t.Fatal(err)
		}
		for ; len(b) > 0; b = b[34:] {
			hashes = append(hashes, tlog.RecordHash(b[2:34]))
		}
	}
	var root func([]tlog.Hash) tlog.Hash
	root = func(h []tlog.Hash) tlog.Hash {
		if len(h) == 1 {
			return h[0]
		}
		k := 1
		for k*2 < len(h) {
			k *= 2
		}
		return tlog.NodeHash(root(h[:k]), root(h[k:]))
	}
	return root(hashes[:size])
}

func TestAWitnessCosignsWhatItCanFollow(t *testing.T) {
	d := testkit.Database(t, db.SQLite, audit.Migrations(), vault.Migrations(), ledger.Migrations())
	s := vaulttest.Open(t, d, policytest.Compile(t))
	w := &witness{}
	w.of(t, s)
	subject := s.Subject(t)
	cosigned := func() bool {
		return strings.Contains(string(copyOf(t, s.Dir)["checkpoint"].Data), "\u2014 witness.example ")
	}
	happen(t, s, subject, 10)
	integrate(t, s)
	if !cosigned() || w.size != 10 {
		t.Errorf("the first checkpoint is not cosigned; the witness saw %d", w.size)
	}
	w.size, w.root = 4, rootOf(t, copyOf(t, s.Dir), 4) // it says that it saw another one last
	happen(t, s, subject, 10)
	integrate(t, s)
	if !cosigned() || w.size != 20 {
		t.Errorf("after a conflict it is not cosigned; the witness saw %d", w.size)
	}
	w.fail = true
	happen(t, s, subject, 10)
	if err := s.Log.Integrate(t.Context()); err == nil || !strings.Contains(err.Error(), "witness.example") {
		t.Errorf("a false cosignature: %v", err)
	}
	if f, err := s.Log.Check(t.Context()); err != nil || !f.Kept() || f.Signed != 30 || f.Witnesses != 1 || cosigned() {
		t.Errorf("the checkpoint waits for its witness: %+v, %v", f, err)
	}
	if _, err := audit.NewWitness("http://127.0.0.1", s.Ring.Vkey(), nil); err == nil {
		t.Error("a log's key is taken for a witness's")
	}
}
