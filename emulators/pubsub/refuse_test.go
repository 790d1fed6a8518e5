package pubsub_test

import (
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/pubsub"
)

func TestWhatIsNotEmulatedIsRefusedByName(t *testing.T) {
	b := start(t, pubsub.Options{})
	b.topic(topicName)
	for field, s := range map[string]*pubsubpb.Subscription{
		"bigquery_config":      {BigqueryConfig: &pubsubpb.BigQueryConfig{Table: "t"}},
		"cloud_storage_config": {CloudStorageConfig: &pubsubpb.CloudStorageConfig{Bucket: "b"}},
		"message_transforms":   {MessageTransforms: []*pubsubpb.MessageTransform{{}}},
	} {
		s.Name, s.Topic = subName, topicName
		_, err := b.subs.CreateSubscription(t.Context(), s)
		require.ErrorContains(t, err, "Unimplemented")
		require.ErrorContains(t, err, field)
	}
	_, err := b.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: deadName, SchemaSettings: &pubsubpb.SchemaSettings{Schema: "s"}})
	require.ErrorContains(t, err, "schema_settings")
}
