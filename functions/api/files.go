package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/attachment"
	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/auth"
	"lastmile/shared/event"
	"lastmile/shared/files"
)

// Files are the routes of files that belong to entities.
type Files struct {
	Store *attachmentdb.Store

	// Objects serves the content where the provider signs no URLs; may be nil.
	Objects http.Handler
}

func (f Files) register(api huma.API) {
	tags := []string{"files"}
	uploaders := admits(auth.Courier, auth.Merchant, auth.Operator)
	handle(api, huma.Operation{
		OperationID: "announce-file", Method: http.MethodPost, Path: "/v1/files", Tags: tags, DefaultStatus: http.StatusCreated, Security: uploaders,
		Summary: "Announce a file, and learn where to send its parts",
		Description: "Send every part as its slot says; then confirm. Only then is the file to be seen. An upload that was cut goes on: " +
			"ask for the slots again, and send the parts that are not done.",
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, f.announce)
	handle(api, huma.Operation{
		OperationID: "get-upload", Method: http.MethodGet, Path: "/v1/files/{id}/upload", Tags: tags, Security: uploaders,
		Summary: "Show which parts of an upload are missing", Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, f.upload)
	handle(api, huma.Operation{
		OperationID: "confirm-file", Method: http.MethodPost, Path: "/v1/files/{id}/confirm", Tags: tags, Security: uploaders,
		Summary: "Have an uploaded file checked, and let it be seen",
		Errors:  []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity},
	}, f.confirm)
	handle(api, huma.Operation{
		OperationID: "get-file", Method: http.MethodGet, Path: "/v1/files/{id}", Tags: tags, Security: uploaders,
		Summary: "Show a file, with a URL of its content that is good for a quarter of an hour", Errors: []int{http.StatusNotFound},
	}, f.get)
	handle(api, huma.Operation{
		OperationID: "delete-file", Method: http.MethodDelete, Path: "/v1/files/{id}", Tags: tags, Security: uploaders,
		Summary: "Delete a file", Errors: []int{http.StatusNotFound, http.StatusForbidden},
	}, f.delete)
}

// objectsPath is where [Files.Objects] is served.
const objectsPath = "/objects/"

// beside returns api with the objects beside it: their URLs carry their own
// permission, and their length is signed.
func (f Files) beside(api http.Handler) http.Handler {
	if f.Objects == nil {
		return api
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, objectsPath) {
			f.Objects.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

type announcement struct {
	Body struct {
		Kind   string `json:"kind" maxLength:"32" doc:"item.picture, proof.photo or job.input" example:"proof.photo"`
		Owner  string `json:"owner" maxLength:"300" pattern:"^[a-z]+:.+$" doc:"the entity that it belongs to" example:"order:12"`
		Size   int64  `json:"size" minimum:"1" doc:"in bytes"`
		CRC32C string `json:"crc32c" minLength:"8" maxLength:"8" doc:"of the content: base64 of four bytes, the high one first" example:"yZRlqg=="`

		Replaces string `json:"replaces,omitempty" maxLength:"64" doc:"the file whose content this is to be; it keeps what it has until this is confirmed"`
	}
}

type uploadAnswer struct {
	Location string `header:"Location"`
	Body     struct {
		File  attachment.ID       `json:"file"`
		Parts []attachmentdb.Slot `json:"parts"`
	}
}

func (f Files) announce(ctx context.Context, in *announcement) (*uploadAnswer, error) {
	b, caller := in.Body, auth.From(ctx)
	if _, err := files.ParseSum(b.CRC32C); err != nil {
		return nil, fileError(&attachment.RefusedError{Field: "crc32c", Problem: err.Error()})
	}
	file := attachment.File{ID: attachment.ID(event.NewID()), Kind: b.Kind, Owner: attachment.Owner(b.Owner), By: caller.String()}
	if b.Replaces != "" {
		old, err := f.find(ctx, b.Replaces)
		if err != nil {
			return nil, err
		}
		if old.Kind != b.Kind || old.Owner != file.Owner {
			return nil, fileError(&attachment.RefusedError{Field: "replaces", Problem: "is of another kind or owner: announce a file of its own"})
		}
		file = old
	}
	if err := uploadable(file, caller); err != nil {
		return nil, err
	}
	slots, err := f.Store.Announce(ctx, file, attachment.Upload{Size: b.Size, Sum: b.CRC32C})
	return slotted(file, slots, err)
}

func slotted(file attachment.File, slots []attachmentdb.Slot, err error) (*uploadAnswer, error) {
	if err != nil {
		return nil, fileError(err)
	}
	out := &uploadAnswer{Location: "/v1/files/" + string(file.ID)}
	out.Body.File, out.Body.Parts = file.ID, slots
	return out, nil
}

// uploadable refuses files of a kind or an owner that the caller has no part in.
func uploadable(file attachment.File, caller auth.Caller) error {
	k, err := attachment.Find(file.Kind)
	if err != nil {
		return fileError(err)
	}
	if entity, id := file.Owner.Parts(); entity != k.Owner || id == "" {
		return fileError(&attachment.RefusedError{Field: "owner", Problem: "must be like " + k.Owner + ":12 for this kind"})
	}
	if !mayTouch(file, caller) {
		return huma.Error403Forbidden("a " + string(caller.Entity) + " cannot upload this for " + string(file.Owner))
	}
	return nil
}

// mayTouch reports whether a file is the caller's own: a shop's for those who
// work in it, a proof of delivery for the courier who took it.
func mayTouch(file attachment.File, caller auth.Caller) bool {
	_, owner := file.Owner.Parts()
	switch {
	case caller.Entity == auth.Operator:
		return true
	case file.Kind == attachment.ItemPicture, file.Kind == attachment.JobInput:
		return caller.In(owner)
	case file.Kind == attachment.ProofPhoto:
		return caller.Entity == auth.Courier && file.By == caller.String()
	}
	return false
}

// FileRef names a file in a path.
type FileRef struct {
	ID string `path:"id" maxLength:"64"`
}

// find returns a file that the caller may touch, seen or not yet.
func (f Files) find(ctx context.Context, id string) (attachment.File, error) {
	file, err := f.Store.Find(ctx, attachment.ID(id))
	if err == nil && !mayTouch(file, auth.From(ctx)) {
		err = attachment.ErrUnknown
	}
	return file, fileError(err)
}

func (f Files) upload(ctx context.Context, in *FileRef) (*uploadAnswer, error) {
	file, err := f.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	slots, err := f.Store.Slots(ctx, file)
	return slotted(file, slots, err)
}

type fileAnswer struct {
	Body struct {
		attachment.File
		URL string `json:"url" doc:"of the content"`
	}
}

func (f Files) answer(ctx context.Context, file attachment.File) (*fileAnswer, error) {
	url, err := f.Store.URL(ctx, file)
	if err != nil {
		return nil, err
	}
	out := &fileAnswer{}
	out.Body.File, out.Body.URL = file, url
	return out, nil
}

func (f Files) confirm(ctx context.Context, in *FileRef) (*fileAnswer, error) {
	if _, err := f.find(ctx, in.ID); err != nil {
		return nil, err
	}
	file, err := f.Store.Confirm(ctx, attachment.ID(in.ID))
	if err != nil {
		return nil, fileError(err)
	}
	return f.answer(ctx, file)
}

func (f Files) get(ctx context.Context, in *FileRef) (*fileAnswer, error) {
	file, err := f.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !file.Visible(f.Store.Now()) {
		return nil, fileError(attachment.ErrUnknown)
	}
	return f.answer(ctx, file)
}

func (f Files) delete(ctx context.Context, in *FileRef) (*struct{}, error) {
	file, err := f.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if file.Kind == attachment.ProofPhoto && file.Version > 0 && auth.From(ctx).Entity != auth.Operator {
		return nil, huma.Error403Forbidden("a proof stays once it is confirmed: ask an operator")
	}
	return nil, fileError(f.Store.Delete(ctx, attachment.ID(in.ID)))
}

// fileError maps what the store returns to a problem that tells what to do.
func fileError(err error) error {
	var refused *attachment.RefusedError
	switch {
	case errors.As(err, &refused):
		return huma.Error422UnprocessableEntity("the file is refused", &huma.ErrorDetail{Location: "body." + refused.Field, Message: refused.Problem})
	case errors.Is(err, attachment.ErrUnknown):
		return huma.Error404NotFound(attachment.ErrUnknown.Error())
	case errors.Is(err, attachment.ErrNotAnnounced):
		return huma.Error409Conflict(attachment.ErrNotAnnounced.Error())
	case errors.Is(err, attachment.ErrIncomplete):
		return huma.Error409Conflict(attachment.ErrIncomplete.Error())
	case errors.Is(err, attachmentdb.ErrConflict):
		return huma.Error409Conflict(attachmentdb.ErrConflict.Error())
	}
	return err
}
