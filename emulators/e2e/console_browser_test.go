package e2e_test

import (
	"context"
	_ "embed"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
)

// browser is a Chromium in which an operator has signed in to the console.
type browser struct {
	t        *testing.T
	ctx      context.Context
	url      string
	mu       sync.Mutex
	problems []string // guarded by mu; what the page wrote to its console
}

// browse opens the console at url, or skips where there is no Chromium.
func browse(t *testing.T, url, token string) *browser {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("LASTMILE_REQUIRE_REAL") == "1" {
			t.Fatal("no chromium here: apt-get install chromium")
		}
		t.Skip("no chromium here: the console is not tried in a browser")
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.WindowSize(1360, 900), chromedp.ExecPath("chromium"))
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(flags...))
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, url: url}
	b.do(chromedp.Navigate("about:blank"))
	listening, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { b.listen(listening) })
	t.Cleanup(func() { stop(); ended.Wait() })
	b.do(chromedp.Navigate(url+"/"), chromedp.SendKeys(chromedp.CSS("#secret"), token+"\n"), chromedp.WaitVisible(chromedp.CSS("#title")))
	return b
}

func (b *browser) listen(ctx context.Context) {
	for m, err := range chromedp.Console(ctx) {
		if err != nil {
			return
		}
		// That something is not there is an answer, which the browser calls an error.
		absent := strings.Contains(m.Text, "status of 404")
		if !absent && (m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleWarning) {
			b.mu.Lock()
			b.problems = append(b.problems, m.Text+" "+m.URL)
			b.mu.Unlock()
		}
	}
}

// clean fails if the page complained since the last time.
func (b *browser) clean(view string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.problems, view)
}

// browserPatience is how long the browser may take to show something.
const browserPatience = 90 * time.Second

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, steps...))
}

// until waits for a JavaScript expression to be true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(browserPatience)))
	require.NoError(b.t, err, "%s: %s", what, b.text())
}

func (b *browser) text() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

// shows waits until the view has the text.
func (b *browser) shows(text string) {
	b.t.Helper()
	b.until("shows "+text, "document.querySelector('main').innerText.includes("+quoted(text)+")")
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }

// open goes to a view, and waits until it has loaded.
func (b *browser) open(view string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + "/#" + view))
	path, _, _ := strings.Cut(view, "?")
	b.until(view+" loads", "document.querySelector('main').dataset.view === "+quoted(path)+" && document.querySelector('#stamp').innerText.startsWith('as of')")
}

// press clicks the button with the text: in the dialog, if one is open.
func (b *browser) press(text string) {
	b.t.Helper()
	find := "[...(document.querySelector('dialog') ?? document).querySelectorAll('button')].find((b) => b.textContent === " + quoted(text) + ")"
	b.until("there is a button "+text, "!!"+find)
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](find+".click()"))
	require.NoError(b.t, err)
}

//go:embed testdata/accessible.js
var accessible string

// look makes the browser's screen and colours others.
func (b *browser) look(scheme string, width int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// accessible fails if the view cannot be used by everybody.
func (b *browser) accessible(view string) {
	b.t.Helper()
	faults, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](accessible))
	require.NoError(b.t, err)
	require.Empty(b.t, faults, view)
}

// wire passes connections on to a server until it is cut.
type wire struct {
	to    string
	front net.Listener

	mu    sync.Mutex
	lines map[net.Conn]bool // guarded by mu
	dead  bool              // guarded by mu; new ones are dropped
}

// wireTo returns a wire to a URL, and its own URL.
func wireTo(t *testing.T, url string) (*wire, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{to: strings.TrimPrefix(url, "http://"), front: l, lines: make(map[net.Conn]bool)}
	var serving sync.WaitGroup
	serving.Go(func() { w.serve(&serving) })
	t.Cleanup(func() {
		l.Close()
		w.cut()
		serving.Wait()
	})
	return w, "http://" + l.Addr().String()
}

func (w *wire) serve(serving *sync.WaitGroup) {
	for {
		near, err := w.front.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to)
		if err != nil || !w.keep(near, far) {
			near.Close()
			continue
		}
		for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
			serving.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				pair[0].Close()
			})
		}
	}
}

func (w *wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		if w.dead {
			c.Close()
		} else {
			w.lines[c] = true
		}
	}
	return !w.dead
}

// cut drops all connections, and those that come until mend.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
	for c := range w.lines {
		c.Close()
	}
	clear(w.lines)
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = false
}

// operator signs in as one.
func (b *bakehouse) operator() string { return b.Token(auth.Operator, "olga") }
