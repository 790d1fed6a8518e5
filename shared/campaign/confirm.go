package campaign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"
)

// ErrUnconfirmed is returned for a live edit without its token, or with one that
// is wrong, stale or for another change.
var ErrUnconfirmed = errors.New("a live edit has to be confirmed by the token of its preview")

// ConfirmWithin is how long a token is good for.
const ConfirmWithin = 5 * time.Minute

const (
	expiryBytes = 8
	tokenBytes  = expiryBytes + sha256.Size
)

// Token confirms one change of one generation of c until a while from now. It
// holds nothing but its expiry and a signature.
func (c Campaign) Token(secret []byte, diff []Difference, now time.Time) string {
	expires := now.Add(ConfirmWithin).Unix()
	b := binary.BigEndian.AppendUint64(make([]byte, 0, tokenBytes), uint64(expires))
	return base64.RawURLEncoding.EncodeToString(append(b, c.signature(secret, diff, expires)...))
}

// Confirm returns nil for the token of this change, of this generation, that has
// not expired.
func (c Campaign) Confirm(secret []byte, token string, diff []Difference, now time.Time) error {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != tokenBytes {
		return ErrUnconfirmed
	}
	expires := int64(binary.BigEndian.Uint64(b))
	if !hmac.Equal(b[expiryBytes:], c.signature(secret, diff, expires)) || now.Unix() > expires {
		return ErrUnconfirmed
	}
	return nil
}

func (c Campaign) signature(secret []byte, diff []Difference, expires int64) []byte {
	text, _ := json.Marshal([]any{"campaign edit", c.ID, c.Gen, diff, expires}) // plain values: it cannot fail
	mac := hmac.New(sha256.New, secret)
	mac.Write(text)
	return mac.Sum(nil)
}
