package pubsub

import (
	"time"
)

// signer makes the OIDC tokens of pushes.
type signer struct {
	now func() time.Time
}

func (k *signer) token(account, audience string) (string, error) { return "", nil }
