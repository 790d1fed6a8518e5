package logs

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"
)

const redacted = "[redacted]"

// Secret is a string that no record, text or JSON shows. Convert it to a string
// to use it.
type Secret string

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// String hides the secret.
func (Secret) String() string { return redacted }

// Format hides the secret in every verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText hides the secret, also inside JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Personal is a name, a phone number, an address: data of a person. Records,
// texts and JSON show its first character only; Firestore keeps all of it.
// Convert it to a string to use it or to answer with it.
type Personal string

func (p Personal) masked() string {
	r, size := utf8.DecodeRuneInString(string(p))
	if size == 0 || utf8.RuneCountInString(string(p)) < 4 {
		return "***"
	}
	return string(r) + "***"
}

// LogValue masks the data.
func (p Personal) LogValue() slog.Value { return slog.StringValue(p.masked()) }

// String masks the data.
func (p Personal) String() string { return p.masked() }

// MarshalText masks the data, also inside JSON.
func (p Personal) MarshalText() ([]byte, error) { return []byte(p.masked()), nil }

// Format masks the data in every verb.
func (p Personal) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.masked()) }

// sensitive reports whether the values of a key are hidden whatever their
// type: keys that end like "accessToken", "api_key", "X-Api-Key" or "cookies".
func sensitive(key string) bool {
	key = strings.TrimRight(key, "sS")
	if key == "" {
		return false
	}
	var endings []string
	switch key[len(key)-1] | 0x20 {
	case 'n':
		endings = []string{"token", "authorization"}
	case 'd':
		endings = []string{"password", "passwd"}
	case 't':
		endings = []string{"secret"}
	case 'y':
		endings = []string{"apikey", "api_key", "api-key", "privatekey", "private_key", "private-key"}
	case 'e':
		endings = []string{"cookie", "passphrase"}
	case 'l':
		endings = []string{"credential"}
	}
	for _, e := range endings {
		if len(key) >= len(e) && strings.EqualFold(key[len(key)-len(e):], e) {
			return true
		}
	}
	return false
}

// leak finds secrets where text carries them: in URLs and in headers.
var leak = regexp.MustCompile(`(?i)((?:token|secret|password|api_?key|signature|credential)=|\b(?:bearer|basic) +)[^\s&"']+`)

// scrub hides the secrets in the text of an error.
func scrub(text string) string { return leak.ReplaceAllString(text, "${1}"+redacted) }

// cut shortens s to at most limit bytes and says how much is missing. What is
// not UTF-8 becomes the replacement character.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s... [%d bytes cut]", s[:end], len(s)-end)
}
