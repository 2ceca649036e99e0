// Package chromium drives a real Chromium for tests: real clicks and keys on
// real pages, at a stated width, in light or dark, with and without scripts.
//
// It promises that a page which takes part in a test is looked at for what no
// reader of HTML sees: violations that axe-core finds, a horizontal scroll, a
// script error, a request to another host.
package chromium

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"portico/internal/testkit"
)

// Look is how a tab looks at pages.
type Look struct {
	Width    int64  // pixels: 360, 768, 1280
	Dark     bool   // the person prefers dark
	NoScript bool   // JavaScript is off
	Language string // what the browser asks for
}

// String names the look in test names and file names.
func (l Look) String() string {
	s := fmt.Sprint(l.Width)
	if l.Dark {
		s += "-dark"
	}
	if l.NoScript {
		s += "-noscript"
	}
	return s
}

// Chromium is one running browser.
type Chromium struct {
	t   testing.TB
	ctx context.Context
	axe func() (string, error)
}

// Start starts a browser with an empty profile that ends with the test.
func Start(t testing.TB) *Chromium {
	t.Helper()
	path, err := exec.LookPath("chromium-headless-shell") // the engine without its windows, for half the work
	if err != nil {
		t.Fatalf("chromium-headless-shell is not there; make test installs it: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("site-per-process", true), // as the browser with windows does by itself
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &Chromium{t: t, ctx: ctx, axe: sync.OnceValues(func() (string, error) {
		source, err := os.ReadFile(filepath.Join(testkit.Root(), "build/npm/node_modules/axe-core/axe.min.js"))
		return string(source), err
	})}
}

// Tab is one tab with cookies of its own. Each of its steps fails the test
// when it cannot be done within half a minute.
type Tab struct {
	Look Look
	t    testing.TB
	ctx  context.Context
	axe  func() (string, error)

	mu     sync.Mutex
	strays []string
}

// Tab opens an empty tab that ends with the test t.
func (c *Chromium) Tab(t testing.TB, look Look) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first step
		t.Fatalf("open a tab: %v", err)
	}
	tab := &Tab{Look: look, t: t, ctx: ctx, axe: c.axe}
	tab.See(look.Width, look.Dark)
	if look.NoScript {
		tab.call("turn scripts off", func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			return err
		})
	}
	if look.Language != "" {
		tab.call("set the language", func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
				Headers: network.Headers{"Accept-Language": look.Language},
			})
			return err
		})
	}
	tab.watch()
	return tab
}

// See changes the width and the colours of the page that is open.
func (tab *Tab) See(width int64, dark bool) {
	tab.t.Helper()
	tab.Look.Width, tab.Look.Dark = width, dark
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	tab.do("set the width", chromedp.EmulateViewport(width, 900))
	tab.call("set the colour scheme", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// Print shows the page that is open as it is printed, until See.
func (tab *Tab) Print() {
	tab.t.Helper()
	tab.call("show it printed", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	})
}

// Forced shows the page in the few colours that somebody chose for everything,
// until See.
func (tab *Tab) Forced() {
	tab.t.Helper()
	tab.call("force colours", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}},
		})
		return err
	})
}

// watch collects what a page must not do: throw, and ask another host.
func (tab *Tab) watch() {
	thrown := chromedp.Events(tab.ctx, runtime.ExceptionThrown)
	asked := chromedp.Events(tab.ctx, network.RequestWillBeSent)
	go func() {
		for e, err := range thrown {
			if err != nil {
				return
			}
			tab.stray("script error: " + e.ExceptionDetails.Text)
		}
	}()
	go func() {
		for e, err := range asked {
			if err != nil {
				return
			}
			if u, err := url.Parse(e.Request.URL); err == nil && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" && u.Scheme != "data" {
				tab.stray("request to another host: " + u.Host)
			}
		}
	}()
}

// Frame is the document in the frame of the page, once it is there.
func (tab *Tab) Frame() *Tab {
	tab.t.Helper()
	var at target.ID
	tab.call("find the frame", func(ctx context.Context) error {
		for ctx.Err() == nil {
			all, err := chromedp.Targets(ctx)
			if err != nil {
				return err
			}
			for _, one := range all {
				if one.Type == "iframe" && one.ParentFrameID != "" {
					at = one.TargetID
					return nil
				}
			}
			time.Sleep(20 * time.Millisecond) // a browser tells of no frame that is not asked for
		}
		return ctx.Err()
	})
	ctx, cancel := chromedp.NewContext(tab.ctx, chromedp.WithTargetID(at))
	tab.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		tab.t.Fatalf("look into the frame: %v", err)
	}
	return &Tab{t: tab.t, ctx: ctx, axe: tab.axe, Look: tab.Look}
}

func (tab *Tab) stray(what string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.strays = append(tab.strays, what)
}

func (tab *Tab) call(what string, fn func(context.Context) error) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, 30*time.Second)
	defer cancel()
	if err := fn(ctx); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	tab.call(what, func(ctx context.Context) error { return chromedp.Do(ctx, steps...) })
}

// Value evaluates an expression in the page, also where scripts are off.
func Value[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	var value T
	tab.call("evaluate "+short(expression), func(ctx context.Context) (err error) {
		value, err = chromedp.Run(ctx, chromedp.Evaluate[T](expression))
		return err
	})
	return value
}

func short(s string) string { return s[:min(len(s), 80)] }

// Open goes to an address.
func (tab *Tab) Open(address string) {
	tab.t.Helper()
	tab.do("open "+address, chromedp.Navigate(address))
}

// Cookie gives the browser a cookie of a site, as if that had set it.
func (tab *Tab) Cookie(site, name, value string) {
	tab.t.Helper()
	tab.call("set a cookie", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: site})
		return err
	})
}

// Path is the path of the page the tab shows.
func (tab *Tab) Path() string {
	tab.t.Helper()
	return Value[string](tab, "location.pathname")
}

// Type replaces what the field called name holds.
func (tab *Tab) Type(name, text string) {
	tab.t.Helper()
	field := chromedp.CSS(fmt.Sprintf("[name=%q]", name))
	if !Value[bool](tab, fmt.Sprintf("{ const e = document.querySelector('[name=%q]'); e?.select(); e !== null }", name)) {
		tab.t.Fatalf("%s has no field %s: %s", tab.Path(), name, tab.Text("body"))
	}
	tab.do("type into "+name, chromedp.SendKeys(field, kb.Delete+text))
}

// Set gives the field called name a value that is not typed as it is read,
// such as a date or a choice from a list.
func (tab *Tab) Set(name, value string) {
	tab.t.Helper()
	tab.do("set "+name, chromedp.SetValue(chromedp.CSS(fmt.Sprintf("[name=%q]", name)), value))
}

// Choose clicks the label of a radio button or check box.
func (tab *Tab) Choose(name, value string) {
	tab.t.Helper()
	id := Value[string](tab, fmt.Sprintf(`document.querySelector('[name=%q][value=%q]').id`, name, value))
	tab.do("choose "+name, chromedp.Click(chromedp.CSS(fmt.Sprintf("label[for=%q]", id))))
}

// Press clicks what the selector finds and waits until the next page is there.
func (tab *Tab) Press(selector string) {
	tab.t.Helper()
	tab.call("press "+selector, func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(chromedp.CSS(selector))))
		return err
	})
}

// Submit presses the main button of the page.
func (tab *Tab) Submit() {
	tab.t.Helper()
	tab.Press("main form button[type=submit], main form button:not([type])")
}

// Reach presses the tab key until what the selector finds has the focus, as a
// person without a mouse does; the focus must be visible.
func (tab *Tab) Reach(selector string) {
	tab.t.Helper()
	for range 200 {
		tab.do("press tab", chromedp.KeyEvent(kb.Tab))
		if Value[bool](tab, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			if !Value[bool](tab, `(() => { const seen = e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none' };
				const e = document.activeElement; return seen(e) || [...(e.labels || [])].some(l => seen(l) || ['::before', '::after'].some(p => { const s = getComputedStyle(l, p); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none' })) })()`) {
				tab.t.Errorf("%s: %s has the focus, and nothing shows it", tab.Path(), selector)
			}
			return
		}
	}
	tab.t.Fatalf("%s: the tab key does not reach %s", tab.Path(), selector)
}

// Keys sends keys to what has the focus.
func (tab *Tab) Keys(keys string) {
	tab.t.Helper()
	tab.do("send keys", chromedp.KeyEvent(keys))
}

// Enter presses the enter key and waits until the next page is there.
func (tab *Tab) Enter() {
	tab.t.Helper()
	tab.Turn(kb.Enter)
}

// Turn presses a key that leads to another page and waits until that is there.
func (tab *Tab) Turn(key string) {
	tab.t.Helper()
	tab.call("press a key that leads on", func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.KeyEvent(key)))
		return err
	})
}

// Download presses the link that the selector finds and returns the file that
// the browser saves.
func (tab *Tab) Download(selector string) []byte {
	tab.t.Helper()
	dir := tab.t.TempDir()
	var saved []byte
	tab.call("download "+selector, func(ctx context.Context) error {
		progress := chromedp.Events(ctx, browser.DownloadProgress)
		self, err := chromedp.Call(ctx, target.GetTargetInfo, target.GetTargetInfoParams{})
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			BrowserContextID: self.TargetInfo.BrowserContextID,
			Behavior:         browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: new(true),
		})
		if err == nil {
			err = chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		}
		if err != nil {
			return err
		}
		for e, err := range progress {
			switch {
			case err != nil:
				return err
			case e.State == browser.DownloadProgressStateCanceled:
				return errors.New("the browser gave up")
			case e.State == browser.DownloadProgressStateCompleted:
				saved, err = os.ReadFile(filepath.Join(dir, e.GUID))
				return err
			}
		}
		return ctx.Err()
	})
	return saved
}

// Text is what a person reads in what the selector finds, or nothing.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return Value[string](tab, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
}

// Judge looks at the page as quality.md demands of every screen: no violation
// that axe-core finds, a title among them, and what Fits looks at.
func (tab *Tab) Judge() {
	tab.t.Helper()
	if !tab.Look.NoScript { // axe-core is a script, and the page is the same
		at := tab.Path() + " at " + tab.Look.String()
		for _, v := range tab.Axe() {
			tab.t.Errorf("%s: %s", at, v)
		}
	}
	tab.Fits()
}

// Fits looks at what is soon seen: no horizontal scroll, one h1, no script
// error, no request to another host.
func (tab *Tab) Fits() {
	tab.t.Helper()
	at := tab.Path() + " at " + tab.Look.String()
	if wide := Value[int](tab, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 0 {
		tab.t.Errorf("%s: %d pixels of horizontal scroll, from %s", at, wide, Value[string](tab, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1).slice(0, 3).map(e => e.tagName + '.' + e.className).join(' ')`))
	}
	if n := Value[int](tab, "document.querySelectorAll('h1').length"); n != 1 {
		tab.t.Errorf("%s: %d headings h1, not one", at, n)
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, s := range tab.strays {
		tab.t.Errorf("%s: %s", at, s)
	}
	tab.strays = nil
}

// Axe runs axe-core with its best practices and returns a line a violation. A
// page gets it when it is first judged: most of what a browser would do for the
// pages between is to read half a megabyte of script that nobody calls.
func (tab *Tab) Axe() []string {
	tab.t.Helper()
	if !Value[bool](tab, "'axe' in window") {
		source, err := tab.axe()
		if err != nil {
			tab.t.Fatalf("axe-core is not there; make test fetches it: %v", err)
		}
		Value[bool](tab, source+";'axe' in window")
	}
	var found []string
	tab.call("run axe", func(ctx context.Context) (err error) {
		found, err = chromedp.Run(ctx, chromedp.Evaluate[[]string](
			`axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.help + ' — ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')))`,
			func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
		return err
	})
	return found
}

// Picture writes the whole page as a PNG.
func (tab *Tab) Picture(path string) {
	tab.t.Helper()
	tab.picture(path, chromedp.FullScreenshot(100))
}

// View writes what a window of this height shows as a PNG.
func (tab *Tab) View(path string, height int64) {
	tab.t.Helper()
	tab.do("set the height", chromedp.EmulateViewport(tab.Look.Width, height))
	tab.picture(path, chromedp.CaptureScreenshot())
	tab.See(tab.Look.Width, tab.Look.Dark)
}

func (tab *Tab) picture(path string, shot chromedp.Action[[]byte]) {
	tab.t.Helper()
	tab.call("take a picture", func(ctx context.Context) error {
		png, err := chromedp.Run(ctx, shot)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, png, 0o644)
	})
}

// Name makes a file name of a page's path and the tab's look.
func (tab *Tab) Name() string {
	return strings.Trim(strings.ReplaceAll(tab.Path(), "/", "_"), "_") + "-" + tab.Look.String() + ".png"
}
