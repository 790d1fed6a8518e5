package hub

// Codes of Close, as in a WebSocket's close frame.
const (
	CodeBadFrame     = 4000 // the client broke the protocol
	CodeUnauthorized = 4001 // no token, a bad one, or an expired one
	CodeSlow         = 4008 // it does not keep up: resume
	CodeRevoked      = 4010 // its session was ended
	CodeMoved        = 4012 // this instance goes away: resume
	CodeTooMany      = 4013 // too many connections of one client
	CodeFlood        = 4029 // it sends too much
	CodeBusy         = 1013 // nothing wrong with the client: try again later
	CodeGone         = 1006 // nobody is there any more; never sent
)
