package app

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
	"portico/internal/vault"
)

// TestAnUploadOnAPhoneGoesOnAfterTheConnectionIsLost sends a document over a
// slow line (3G) that breaks in the middle and comes back. The person presses one
// button once, sees how far it is, is told what goes on, and does nothing more.
func TestAnUploadOnAPhoneGoesOnAfterTheConnectionIsLost(t *testing.T) {
	t.Parallel()
	portal, browser := serveDemo(t), chromium.Start(t)
	way := wire(t, strings.TrimPrefix(portal.URL, "http://"))
	w := &walk{t: t, portal: portal, browser: browser, tab: browser.Tab(t, chromium.Look{Width: 360, Language: "en"}), lang: "en"}
	const ask = "/en/services/road-permit/apply/"
	w.tab.Open("http://" + way.Addr().String() + "/en/services/road-permit")
	w.tab.Press("main a.button.primary")
	w.tab.Type("contact", portal.Person("citizen"))
	w.tab.Type("password", demo.Password)
	w.tab.Submit()
	w.at(ask + "applicant")
	w.tab.Choose("applicant", "person")
	w.tab.Type("identity-number", "A204060")
	w.tab.Type("phone", "7771234")
	w.tab.Press("main form:not(.search) button.primary")
	w.at(ask + "work")
	start := time.Now().AddDate(0, 0, 30)
	for name, text := range map[string]string{
		"road": "Dhigu Magu", "section": "From the school to the harbour", "start-day": strconv.Itoa(start.Day()),
		"start-month": strconv.Itoa(int(start.Month())), "start-year": strconv.Itoa(start.Year()), "hours": "9", "boards": "2",
	} {
		w.tab.Type(name, text)
	}
	w.tab.Choose("kind", "construction")
	w.tab.Set("start-time", "09:00")
	w.tab.Press("main form:not(.search) button.primary")
	w.at(ask + "consent")

	content := testkit.PDF(strings.Repeat("The authority agrees. ", 6))
	name := filepath.Join(t.TempDir(), "consent.pdf")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	// The page is gone when the file is whole: what it asked of the server, and
	// what it said, is kept for the next one.
	chromium.Value[bool](w.tab, `(() => {
	  const note = (key, text) => sessionStorage.setItem(key, (sessionStorage.getItem(key) || "") + text + "|");
	  const header = XMLHttpRequest.prototype.setRequestHeader;
	  XMLHttpRequest.prototype.setRequestHeader = function (name, value) {
	    if (name === "Upload-Offset") note("offsets", value);
	    return header.call(this, name, value);
	  };
	  new MutationObserver(() => { const p = document.querySelector("form[data-upload] [role=status]"); if (p) note("said", p.textContent); })
	    .observe(document.querySelector("form[data-upload]"), { childList: true, subtree: true, characterData: true });
	  return true;
	})()`)
	w.tab.Pick("file", name)
	w.tab.Connect(chromium.ThreeG)
	const bar = `(document.querySelector("form[data-upload] progress") || {})`
	chromium.Value[bool](w.tab, `(document.querySelector("main form[data-upload] button").click(), true)`)
	w.tab.Until(bar + `.value > ` + bar + `.max / 2`)
	way.cut()
	w.tab.Until(`document.querySelector("form[data-upload] [role=status]").textContent.startsWith("The connection")`)
	w.tab.Judge()
	way.mend()
	w.tab.Eventually(`document.readyState === "complete" && document.querySelector(".files .file-name") !== null`)
	w.tab.Connect(chromium.Fast)

	said := chromium.Value[string](w.tab, `sessionStorage.getItem("said")`)
	before, after, told := strings.Cut(said, "The connection was lost. Sending goes on by itself.")
	if !told || !strings.Contains(before, "%") || !strings.Contains(after, "Sending: 100%") {
		t.Errorf("the person is told %s", said)
	}
	var offsets []int
	for _, text := range strings.Split(strings.Trim(chromium.Value[string](w.tab, `sessionStorage.getItem("offsets")`), "|"), "|") {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		offsets = append(offsets, n)
	}
	// What was under way is lost, and no more: a quarter of the file is kept.
	last := offsets[len(offsets)-1]
	if offsets[0] != 0 || len(offsets) < 2 || last < len(content)/4 || last%vault.FileChunk != 0 {
		t.Errorf("of %d bytes it sends those from %v on", len(content), offsets)
	}
	if got := w.tab.Download(".files a"); !bytes.Equal(got, content) {
		t.Errorf("of %d bytes %d are there, and not the same", len(content), len(got))
	}
	w.tab.Judge()
}

// line carries connections to the portal, and can be cut: Chromium's own
// lost connection lets go on what is under way.
type line struct {
	net.Listener
	mu   sync.Mutex
	dead bool
	open []net.Conn
}

func wire(t *testing.T, to string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &line{Listener: l}
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				_ = from.Close()
				continue
			}
			w.carry(from, there)
		}
	}()
	return w
}

func (l *line) carry(ends ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = append(l.open, ends...)
	for i, end := range ends {
		if l.dead {
			_ = end.Close()
			continue
		}
		go func() {
			_, _ = io.Copy(ends[1-i], end)
			_ = ends[1-i].Close()
		}()
	}
}

// cut ends every connection, and each that comes, until the line is mended.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	for _, end := range l.open {
		_ = end.Close()
	}
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = false
}
