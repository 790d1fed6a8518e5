package catalog

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"
)

// hashedID marks the document ids that are not the provider's own.
const hashedID = "h_"

var (
	plainID  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$`)
	idLetter = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// DocID returns the Firestore document id of an item, for any provider's id:
// the id itself if it is short and plain, else a hash of it. Different ids
// have different documents. It is a legal map key as well.
func DocID(itemID string) string {
	if plainID.MatchString(itemID) && !strings.HasPrefix(itemID, hashedID) {
		return itemID
	}
	sum := sha256.Sum256([]byte(itemID))
	return hashedID + idLetter.EncodeToString(sum[:20])
}
