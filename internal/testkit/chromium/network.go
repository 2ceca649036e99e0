package chromium

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Line is how a tab is connected.
type Line struct {
	Latency float64 // milliseconds
	Down    float64 // bytes a second; 0 is as fast as it goes
	Up      float64
	Lost    bool // no connection at all
}

// The lines that tests use.
var (
	Fast   = Line{}
	ThreeG = Line{Latency: 300, Down: 200 << 10, Up: 94 << 10} // a phone outside the town
	Lost   = Line{Lost: true}
)

// Connect gives the tab another line, from the next byte on.
func (tab *Tab) Connect(l Line) {
	tab.t.Helper()
	speed := func(bytes float64) float64 {
		if bytes == 0 {
			return -1
		}
		return bytes
	}
	tab.call("change the line", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{
				Latency: l.Latency, DownloadThroughput: speed(l.Down), UploadThroughput: speed(l.Up), Offline: l.Lost,
			}},
		})
		return err
	})
}

// Pick chooses files in the file field called name, without sending them.
func (tab *Tab) Pick(name string, files ...string) {
	tab.t.Helper()
	tab.do("pick files for "+name, chromedp.SetUploadFiles(chromedp.CSS(fmt.Sprintf("input[type=file][name=%q]", name)), files))
}

// Until waits until an expression of JavaScript holds in the page.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	tab.call("wait until "+short(expression), func(ctx context.Context) error {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression))
		return err
	})
}

// Arrive waits until the tab shows a page whose path begins so, over however
// many pages a browser goes there by itself.
func (tab *Tab) Arrive(prefix string) {
	tab.t.Helper()
	tab.Eventually(fmt.Sprintf("document.readyState === 'complete' && location.pathname.startsWith(%q)", prefix))
}

// Eventually waits until an expression of JavaScript holds, in this page or in
// one that a browser goes to by itself.
func (tab *Tab) Eventually(expression string) {
	tab.t.Helper()
	tab.call("wait over pages until "+short(expression), func(ctx context.Context) error {
		for ctx.Err() == nil {
			holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
			if err == nil && holds {
				return nil
			}
			time.Sleep(50 * time.Millisecond) // between two pages there is nothing to ask
		}
		return ctx.Err()
	})
}
