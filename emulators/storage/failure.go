package storage

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
)

// failure is an answer other than success, in the words of Google.
type failure struct {
	status  int
	reason  string // of the JSON API
	code    string // of the XML API
	message string
}

// Error implements error.
func (f *failure) Error() string { return f.message }

var (
	errNoBucket     = &failure{http.StatusNotFound, "notFound", "NoSuchBucket", "The specified bucket does not exist."}
	errPrecondition = &failure{http.StatusPreconditionFailed, "conditionNotMet", "PreconditionFailed", "At least one of the pre-conditions you specified did not hold."}
	errNotModified  = &failure{http.StatusNotModified, "notModified", "NotModified", ""}
)

func notFound(format string, args ...any) error {
	return &failure{http.StatusNotFound, "notFound", "NoSuchKey", fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &failure{http.StatusBadRequest, "invalid", "InvalidArgument", fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) error {
	return &failure{http.StatusConflict, "conflict", "BucketAlreadyExists", fmt.Sprintf(format, args...)}
}

func missing(what string) error {
	return &failure{http.StatusNotImplemented, "notImplemented", "NotImplemented", what + " is not emulated."}
}

// asFailure is the answer for any error.
func asFailure(err error) *failure {
	var f *failure
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, errTooLarge), errors.As(err, &tooLarge):
		return &failure{http.StatusRequestEntityTooLarge, "uploadTooLarge", "EntityTooLarge", err.Error()}
	}
	return &failure{http.StatusInternalServerError, "backendError", "InternalError", err.Error()}
}

// writeJSONFailure answers as the JSON API does.
func writeJSONFailure(w http.ResponseWriter, err error) {
	f := asFailure(err)
	if f.status == http.StatusNotModified {
		w.WriteHeader(f.status)
		return
	}
	type item struct {
		Message string `json:"message"`
		Domain  string `json:"domain"`
		Reason  string `json:"reason"`
	}
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Errors  []item `json:"errors"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message = f.status, f.message
	body.Error.Errors = []item{{f.message, "global", f.reason}}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(body)
}

// writeXMLFailure answers as the XML API does.
func writeXMLFailure(w http.ResponseWriter, err error) {
	f := asFailure(err)
	if f.status == http.StatusNotModified {
		w.WriteHeader(f.status)
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
	w.WriteHeader(f.status)
	_, _ = w.Write([]byte(xml.Header))
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: f.code, Message: f.message})
}
