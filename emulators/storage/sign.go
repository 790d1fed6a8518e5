package storage

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "GOOG4-RSA-SHA256"
	signTime   = "20060102T150405Z"
	maxExpires = 7 * 24 * time.Hour
	signSkew   = 15 * time.Minute // how far ahead of ours a signer's clock may be
)

var errSignature = &failure{http.StatusForbidden, "forbidden", "SignatureDoesNotMatch",
	"The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method."}

// signature is what the parameters of a signed URL say.
type signature struct {
	email   string
	scope   string // date/location/storage/goog4_request
	time    string
	expires time.Time
	headers []string
	bytes   []byte
}

// verify refuses a request whose V4 signature is not by our key, not for what
// is asked, or not for this time.
func (s *Server) verify(r *http.Request) error {
	sig, err := parseSignature(r.URL.Query(), s.options.Now())
	if err != nil {
		return err
	}
	if err := sig.checkHeaders(r.Header); err != nil {
		return err
	}
	key, err := s.key()
	if err != nil {
		return err
	}
	if sig.email != key.email {
		return errSignature
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	// Google's own clients sign the host without its port; others with it.
	for _, h := range []string{host, r.Host} {
		sum := sha256.Sum256([]byte(sig.toSign(r, h)))
		if rsa.VerifyPKCS1v15(&key.private.PublicKey, crypto.SHA256, sum[:], sig.bytes) == nil {
			return nil
		}
	}
	return errSignature
}

func parseSignature(q url.Values, now time.Time) (signature, error) {
	malformed := func(parameter string) (signature, error) {
		return signature{}, &failure{http.StatusBadRequest, "invalid", "MalformedSecurityHeader",
			"Your request has a malformed header. Header was: " + parameter + "."}
	}
	if q.Get("X-Goog-Algorithm") != algorithm {
		return malformed("X-Goog-Algorithm")
	}
	signed, err := time.Parse(signTime, q.Get("X-Goog-Date"))
	if err != nil {
		return malformed("X-Goog-Date")
	}
	seconds, err := strconv.Atoi(q.Get("X-Goog-Expires"))
	if err != nil || seconds < 1 || seconds > int(maxExpires/time.Second) {
		return malformed("X-Goog-Expires")
	}
	email, scope, ok := strings.Cut(q.Get("X-Goog-Credential"), "/")
	if parts := strings.Split(scope, "/"); !ok || len(parts) != 4 || parts[0] != signed.Format("20060102") || parts[2] != "storage" || parts[3] != "goog4_request" {
		return malformed("X-Goog-Credential")
	}
	raw, err := hex.DecodeString(q.Get("X-Goog-Signature"))
	if err != nil || len(raw) == 0 {
		return malformed("X-Goog-Signature")
	}
	sig := signature{
		email: email, scope: scope, time: q.Get("X-Goog-Date"), bytes: raw,
		expires: signed.Add(time.Duration(seconds) * time.Second),
		headers: strings.Split(q.Get("X-Goog-SignedHeaders"), ";"),
	}
	switch {
	case now.After(sig.expires):
		return signature{}, &failure{http.StatusBadRequest, "invalid", "ExpiredToken", "The provided token has expired. Request signature expired at: " + sig.expires.UTC().Format(time.RFC3339)}
	case signed.Sub(now) > signSkew:
		return signature{}, &failure{http.StatusForbidden, "forbidden", "AccessDenied", "Request is not valid yet."}
	}
	return sig, nil
}

// checkHeaders demands that the host and every extension header is signed.
func (sig signature) checkHeaders(h http.Header) error {
	if !slices.Contains(sig.headers, "host") {
		return &failure{http.StatusBadRequest, "invalid", "MalformedSecurityHeader", "Your request has a malformed header. The host must be signed."}
	}
	for name := range h {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-goog-") && !slices.Contains(sig.headers, lower) {
			return &failure{http.StatusBadRequest, "invalid", "MalformedSecurityHeader",
				"Your request has a malformed header. Header was included in the request but not in the signature: " + lower + "."}
		}
	}
	return nil
}

// toSign is the text that the signer of r must have signed.
func (sig signature) toSign(r *http.Request, host string) string {
	q := r.URL.Query()
	q.Del("X-Goog-Signature")
	payload := "UNSIGNED-PAYLOAD"
	var headers strings.Builder
	for _, name := range sig.headers {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		case "x-goog-content-sha256":
			payload = value
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	canonical := strings.Join([]string{
		r.Method,
		encodePath(r.URL.Path),
		strings.ReplaceAll(q.Encode(), "+", "%20"),
		headers.String(),
		strings.Join(sig.headers, ";"),
		payload,
	}, "\n")
	sum := sha256.Sum256([]byte(canonical))
	return strings.Join([]string{algorithm, sig.time, sig.scope, hex.EncodeToString(sum[:])}, "\n")
}

// encodePath escapes all but slashes and unreserved characters.
func encodePath(path string) string {
	escaped := strings.ReplaceAll(url.QueryEscape(path), "+", "%20")
	return strings.ReplaceAll(escaped, "%2F", "/")
}
