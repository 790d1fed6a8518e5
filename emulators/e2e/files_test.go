package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/auth"
	"lastmile/shared/files"
)

// slot is where a part goes, as the API tells.
type slot struct {
	Method  string
	URL     string
	Headers map[string]string
	Offset  int64
	Size    int64
	Done    bool
}

type upload struct {
	File  string
	Parts []slot
}

type stored struct {
	ID, Kind, Owner, URL string
	Version              int
	Content              struct {
		Size          int64
		Type          string
		Width, Height int
	}
}

// client calls the API as somebody.
type client struct {
	t     *testing.T
	stack *stack.Stack
	token string
}

// call returns the status of a call, and decodes what succeeds into out.
func (c client) call(method, path string, in, out any) int {
	c.t.Helper()
	body, err := json.Marshal(in)
	require.NoError(c.t, err)
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.stack.URL+path, bytes.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	if resp.StatusCode < 300 && out != nil {
		require.NoError(c.t, json.Unmarshal(answer, out), string(answer))
	}
	return resp.StatusCode
}

// announce asks where content goes.
func (c client) announce(kind, owner string, content []byte, replaces string) (u upload, status int) {
	c.t.Helper()
	in := map[string]any{"kind": kind, "owner": owner, "size": len(content), "crc32c": files.SumOf(content).String()}
	if replaces != "" {
		in["replaces"] = replaces
	}
	return u, c.call(http.MethodPost, "/v1/files", in, &u)
}

// send sends a part of content, without any token.
func (c client) send(s slot, content []byte) int {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), s.Method, s.URL, bytes.NewReader(content[s.Offset:s.Offset+s.Size]))
	require.NoError(c.t, err)
	for name, value := range s.Headers {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	return resp.StatusCode
}

// put uploads a whole file and returns its record.
func (c client) put(kind, owner string, content []byte, replaces string) (f stored) {
	c.t.Helper()
	u, status := c.announce(kind, owner, content, replaces)
	require.Equal(c.t, http.StatusCreated, status)
	for _, s := range u.Parts {
		require.Equal(c.t, http.StatusOK, c.send(s, content))
	}
	require.Equal(c.t, http.StatusOK, c.call(http.MethodPost, "/v1/files/"+u.File+"/confirm", nil, &f))
	return f
}

func fetch(t *testing.T, url string) (status int, body string, header http.Header) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(content), resp.Header
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

func filesStack(t *testing.T) *stack.Stack {
	t.Helper()
	s, err := stack.Start(t.Context(), stack.Options{Quiet: true, EmbeddedRedis: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestAProofOfDelivery(t *testing.T) {
	s := filesStack(t)
	courier := client{t, s, s.Token(auth.Courier, "ada")}
	other := client{t, s, s.Token(auth.Courier, "bob")}
	photo := picture(t, 40, 30)

	u, status := courier.announce("proof.photo", "order:12", photo, "")
	require.Equal(t, http.StatusCreated, status)
	path := "/v1/files/" + u.File
	require.Equal(t, http.StatusNotFound, courier.call(http.MethodGet, path, nil, nil), "announced is not there")
	require.Equal(t, http.StatusConflict, courier.call(http.MethodPost, path+"/confirm", nil, nil), "nothing was sent")
	require.Equal(t, http.StatusOK, courier.send(u.Parts[0], photo))
	require.Equal(t, http.StatusNotFound, other.call(http.MethodPost, path+"/confirm", nil, nil), "it is another's")

	var f stored
	require.Equal(t, http.StatusOK, courier.call(http.MethodPost, path+"/confirm", nil, &f))
	require.Equal(t, "image/png", f.Content.Type)
	require.Equal(t, [2]int{40, 30}, [2]int{f.Content.Width, f.Content.Height})
	require.Equal(t, http.StatusOK, courier.call(http.MethodPost, path+"/confirm", nil, &f), "and again")
	require.Equal(t, 1, f.Version)

	status, body, header := fetch(t, f.URL)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, string(photo), body)
	require.Equal(t, "private, no-store", header.Get("Cache-Control"))
	bare, _, _ := strings.Cut(f.URL, "?")
	status, _, _ = fetch(t, bare)
	require.Equal(t, http.StatusForbidden, status)

	require.Equal(t, http.StatusNotFound, other.call(http.MethodGet, path, nil, nil))
	require.Equal(t, http.StatusOK, client{t, s, s.Operator}.call(http.MethodGet, path, nil, nil))
	require.Equal(t, http.StatusForbidden, courier.call(http.MethodDelete, path, nil, nil), "it may be needed in a dispute")
	require.Equal(t, http.StatusNoContent, client{t, s, s.Operator}.call(http.MethodDelete, path, nil, nil))
	require.Equal(t, http.StatusNotFound, courier.call(http.MethodGet, path, nil, nil))
	status, _, _ = fetch(t, f.URL)
	require.Equal(t, http.StatusNotFound, status, "a URL that was given leads nowhere")
}

func TestAnUploadThatWasCutGoesOn(t *testing.T) {
	s := filesStack(t)
	merchant := client{t, s, s.Token(auth.Merchant, "mia", "bakery")}
	rows := bytes.Repeat([]byte("{\"id\":\"x\"}\n"), 4<<20) // two parts

	u, status := merchant.announce("job.input", "shop:bakery", rows, "")
	require.Equal(t, http.StatusCreated, status)
	require.Len(t, u.Parts, 2)
	path := "/v1/files/" + u.File
	require.Equal(t, http.StatusOK, merchant.send(u.Parts[1], rows))
	require.Equal(t, http.StatusConflict, merchant.call(http.MethodPost, path+"/confirm", nil, nil))

	var again upload
	require.Equal(t, http.StatusOK, merchant.call(http.MethodGet, path+"/upload", nil, &again))
	require.Equal(t, []bool{false, true}, []bool{again.Parts[0].Done, again.Parts[1].Done})
	require.Equal(t, http.StatusOK, merchant.send(again.Parts[0], rows))
	var f stored
	require.Equal(t, http.StatusOK, merchant.call(http.MethodPost, path+"/confirm", nil, &f))
	require.EqualValues(t, len(rows), f.Content.Size)
	require.Equal(t, "application/x-ndjson", f.Content.Type)
}

func TestAPictureOfAnItemIsPublicAndReplacedByVersion(t *testing.T) {
	s := filesStack(t)
	merchant := client{t, s, s.Token(auth.Merchant, "mia", "bakery")}
	first := merchant.put("item.picture", "shop:bakery", picture(t, 4, 4), "")
	status, _, header := fetch(t, first.URL)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, header.Get("Cache-Control"), "immutable")
	second := merchant.put("item.picture", "shop:bakery", picture(t, 8, 8), first.ID)
	require.Equal(t, first.ID, second.ID)
	require.Equal(t, 2, second.Version)
	require.NotEqual(t, first.URL, second.URL)
}

func TestWhatAFileMustNotBe(t *testing.T) {
	s := filesStack(t)
	courier := client{t, s, s.Token(auth.Courier, "ada")}
	merchant := client{t, s, s.Token(auth.Merchant, "mia", "bakery")}
	confirm := func(c client, kind, owner string, announced, sent []byte) int {
		u, status := c.announce(kind, owner, announced, "")
		require.Equal(t, http.StatusCreated, status)
		require.Equal(t, http.StatusOK, c.send(u.Parts[0], sent))
		status = c.call(http.MethodPost, "/v1/files/"+u.File+"/confirm", nil, nil)
		require.Equal(t, http.StatusNotFound, c.call(http.MethodGet, "/v1/files/"+u.File, nil, nil))
		return status
	}
	photo := picture(t, 4, 4)
	wrong := bytes.Clone(photo)
	wrong[len(wrong)-1]++
	require.Equal(t, http.StatusUnprocessableEntity, confirm(courier, "proof.photo", "order:1", photo, wrong), "another sum")
	page := []byte("<html><script>alert(1)</script></html>")
	require.Equal(t, http.StatusUnprocessableEntity, confirm(courier, "proof.photo", "order:1", page, page), "a page that says it is a photo")
	bomb := bytes.Clone(photo)
	copy(bomb[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0})
	require.Equal(t, http.StatusUnprocessableEntity, confirm(courier, "proof.photo", "order:1", bomb, bomb), "65536 by 65536 pixels, or a broken header")

	for what, try := range map[string]struct {
		c           client
		kind, owner string
		status      int
	}{
		"another's shop":                 {merchant, "item.picture", "shop:butcher", http.StatusForbidden},
		"a kind for others":              {courier, "job.input", "shop:bakery", http.StatusForbidden},
		"a report, which nobody uploads": {merchant, "job.report", "job:1", http.StatusForbidden},
		"a kind that is not":             {courier, "selfie", "order:1", http.StatusUnprocessableEntity},
		"an owner of another sort":       {courier, "proof.photo", "shop:bakery", http.StatusUnprocessableEntity},
		"somebody who uploads nothing":   {client{t, s, s.Token(auth.Customer, "cid")}, "proof.photo", "order:1", http.StatusForbidden},
	} {
		_, status := try.c.announce(try.kind, try.owner, photo, "")
		require.Equal(t, try.status, status, what)
	}
	huge := map[string]any{"kind": "proof.photo", "owner": "order:1", "size": 1 << 40, "crc32c": "AAAAAA=="}
	require.Equal(t, http.StatusUnprocessableEntity, courier.call(http.MethodPost, "/v1/files", huge, nil))
	huge["size"], huge["crc32c"] = 10, "guess!!!"
	require.Equal(t, http.StatusUnprocessableEntity, courier.call(http.MethodPost, "/v1/files", huge, nil))
}
