// Package auth says who calls.
//
// It owns the kinds of callers ([Table]), the keys that tokens are signed with
// ([Ring], [Keys]), the access tokens ([Tokens]) and the sign-ins that they
// belong to ([Sessions]). It promises that
//   - an access token says who its bearer is without asking anybody, and is good
//     for some minutes;
//   - whoever sends an expired token of a session that goes on is let through, and
//     gets a new one; callers that renew at the same time get the same one;
//   - a session that was revoked is refused everywhere within [RevokedWithin];
//   - a Redis that loses its memory loses no session and no revocation;
//   - no secret is stored: of a session's handle only the hash is.
package auth
