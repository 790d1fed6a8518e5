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

// leak finds secrets by what stands before them: in URLs, headers and JSON.
var leak = regexp.MustCompile(`(?i)((?:token|secret|passw(?:or)?d|api_?key|signature|credential)(?:=|"\s*:\s*")|[?&](?:key|sig|auth|pass|pwd)=|\b(?:bearer|basic) +)[^\s&"']+`)

// told finds those that show themselves: handles of sessions, signed tokens, and
// who signs in by a URL.
var told = regexp.MustCompile(`(://)[^\s/?#@"']+(@)|\b(?:lms_[\w-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)`)

// scrub hides the secrets in a text.
func scrub(text string) string {
	if !suspect(text) {
		return text
	}
	return told.ReplaceAllString(leak.ReplaceAllString(text, "${1}"+redacted), "${1}"+redacted+"${2}")
}

// suspect is a quick look that spares most texts the search.
func suspect(text string) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '=', '"', '@', '_':
			return true
		case 'J':
			if i >= 2 && text[i-2:i] == "ey" {
				return true
			}
		case ' ':
			if i >= 5 && (strings.EqualFold(text[i-5:i], "earer") || strings.EqualFold(text[i-5:i], "basic")) {
				return true
			}
		}
	}
	return false
}

// plain is a text as records have it: without secrets, and not too long.
func plain(text string) string { return scrub(cut(text, maxValue)) }

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
