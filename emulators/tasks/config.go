package tasks

import (
	"cmp"
	"math"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The limits and defaults of Google's queues.
const (
	maxRate           = 500
	maxConcurrent     = 5000
	defaultConcurrent = 1000
	defaultAttempts   = 100
	defaultDoublings  = 16
	defaultMinBackoff = 100 * time.Millisecond
	defaultMaxBackoff = time.Hour
)

// checkQueue refuses settings that Google refuses.
func checkQueue(q *cloudtaskspb.Queue) error {
	rates := q.GetRateLimits()
	switch {
	case q.GetAppEngineRoutingOverride() != nil:
		return status.Error(codes.Unimplemented, "Queue.appEngineRoutingOverride is not emulated; use HTTP targets.")
	case q.GetHttpTarget() != nil:
		return status.Error(codes.Unimplemented, "Queue.httpTarget is not emulated; set the target on each task.")
	case rates.GetMaxDispatchesPerSecond() < 0:
		return status.Error(codes.InvalidArgument, "RateLimits.maxDispatchesPerSecond cannot be negative.")
	case rates.GetMaxDispatchesPerSecond() > maxRate:
		return status.Error(codes.InvalidArgument, "RateLimits.maxDispatchesPerSecond must be less than or equal to 500.")
	case rates.GetMaxConcurrentDispatches() < 0:
		return status.Error(codes.InvalidArgument, "RateLimits.maxConcurrentDispatches cannot be negative.")
	case rates.GetMaxConcurrentDispatches() > maxConcurrent:
		return status.Error(codes.InvalidArgument, "RateLimits.maxConcurrentDispatches must be less than or equal to 5000.")
	}
	return checkRetry(q.GetRetryConfig())
}

func checkRetry(c *cloudtaskspb.RetryConfig) error {
	shortest, longest := c.GetMinBackoff().AsDuration(), c.GetMaxBackoff().AsDuration()
	switch {
	case c.GetMaxAttempts() < -1:
		return status.Error(codes.InvalidArgument, "RetryConfig.maxAttempts must be greater or equal to -1.")
	case c.GetMaxDoublings() < 0:
		return status.Error(codes.InvalidArgument, "RetryConfig.maxDoublings cannot be negative.")
	case c.GetMaxRetryDuration().AsDuration() < 0:
		return status.Error(codes.InvalidArgument, "RetryConfig.maxRetryDuration cannot be negative.")
	case shortest < 0:
		return status.Error(codes.InvalidArgument, "RetryConfig.minBackoff cannot be negative.")
	case longest < 0:
		return status.Error(codes.InvalidArgument, "RetryConfig.maxBackoff cannot be negative.")
	case longest > 0 && shortest > longest:
		return status.Error(codes.InvalidArgument, "RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.")
	}
	return nil
}

// withDefaults returns a copy of q with everything set that was left to Google.
func withDefaults(q *cloudtaskspb.Queue) *cloudtaskspb.Queue {
	rates := q.GetRateLimits()
	rate := cmp.Or(rates.GetMaxDispatchesPerSecond(), maxRate)
	return &cloudtaskspb.Queue{
		Name:      q.GetName(),
		State:     cmp.Or(q.GetState(), cloudtaskspb.Queue_RUNNING),
		PurgeTime: q.GetPurgeTime(),
		RateLimits: &cloudtaskspb.RateLimits{
			MaxDispatchesPerSecond:  rate,
			MaxConcurrentDispatches: cmp.Or(rates.GetMaxConcurrentDispatches(), defaultConcurrent),
			MaxBurstSize:            burst(rate),
		},
		RetryConfig: fillRetry(q.GetRetryConfig()),
	}
}

func fillRetry(c *cloudtaskspb.RetryConfig) *cloudtaskspb.RetryConfig {
	shortest := cmp.Or(c.GetMinBackoff().AsDuration(), defaultMinBackoff)
	longest := cmp.Or(c.GetMaxBackoff().AsDuration(), max(shortest, defaultMaxBackoff))
	return &cloudtaskspb.RetryConfig{
		MaxAttempts:      cmp.Or(c.GetMaxAttempts(), defaultAttempts),
		MaxRetryDuration: durationpb.New(c.GetMaxRetryDuration().AsDuration()),
		MinBackoff:       durationpb.New(min(shortest, longest)),
		MaxBackoff:       durationpb.New(longest),
		MaxDoublings:     cmp.Or(c.GetMaxDoublings(), defaultDoublings),
	}
}

// burst is the size of the token bucket for a rate: a second's worth, and 10
// for slow queues.
func burst(perSecond float64) int32 {
	return int32(max(10, math.Ceil(perSecond)))
}

// update copies the fields that paths name from src; no paths copy everything
// that may be set.
func update(dst, src *cloudtaskspb.Queue, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"rate_limits", "retry_config"}
	}
	for _, p := range paths {
		root, _, _ := strings.Cut(p, ".")
		if root != "rate_limits" && root != "retry_config" {
			return status.Errorf(codes.InvalidArgument, "update_mask: %q cannot be updated here; rate_limits and retry_config can.", p)
		}
		if !copyField(dst.ProtoReflect(), src.ProtoReflect(), strings.Split(p, ".")) {
			return status.Errorf(codes.InvalidArgument, "update_mask: Queue has no field %q.", p)
		}
	}
	return nil
}

// copyField copies one field by its path and reports whether there is one.
func copyField(dst, src protoreflect.Message, path []string) bool {
	field := dst.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	switch {
	case field == nil:
		return false
	case len(path) == 1 && src.Has(field):
		dst.Set(field, src.Get(field))
		return true
	case len(path) == 1:
		dst.Clear(field)
		return true
	case field.Message() == nil:
		return false
	}
	return copyField(dst.Mutable(field).Message(), src.Get(field).Message(), path[1:])
}
