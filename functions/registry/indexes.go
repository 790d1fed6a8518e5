package registry

import (
	"slices"

	"lastmile/shared/assign/assigndb"
	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/bulk/bulkdb"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/cutover"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/docs"
	"lastmile/shared/httpapi"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/logs/logsdb"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/push"
	"lastmile/shared/score/scoredb"
	"lastmile/shared/shop/shopdb"
	"lastmile/shared/track/trackdb"
)

// FirestoreIndexes is the content of firestore.indexes.json, in the form that
// gcloud, Firebase and the local Firestore read.
type FirestoreIndexes struct {
	Indexes        []docs.Index    `json:"indexes"`
	FieldOverrides []fieldOverride `json:"fieldOverrides"`
}

type fieldOverride struct {
	CollectionGroup string     `json:"collectionGroup"`
	FieldPath       string     `json:"fieldPath"`
	TTL             bool       `json:"ttl,omitempty"`
	Indexes         []struct{} `json:"indexes"`
}

// Indexes returns what the stores' queries need.
func Indexes() FirestoreIndexes {
	return indexesOf(composites(), expiries(), plains())
}

func composites() []docs.Index {
	return slices.Concat(authdb.Indexes(), bulkdb.Indexes(), campaigndb.Indexes(), catalogdb.Indexes(), assigndb.Indexes(), cutover.Indexes(), deadletterdb.Indexes(), jobdb.Indexes(), logsdb.Indexes(), push.Indexes(), courierdb.Indexes(), orderdb.Indexes())
}

func expiries() []docs.Expiry {
	return slices.Concat(attachmentdb.Expiries(), authdb.Expiries(), assigndb.Expiries(), cutover.Expiries(), docs.Expiries(), httpapi.AnswersExpire(), jobdb.Expiries(), logsdb.Expiries(), push.Expiries(), scoredb.Expiries(), trackdb.Expiries())
}

func plains() []docs.Plain {
	return slices.Concat(attachmentdb.Plains(), authdb.Plains(), assigndb.Plains(), cutover.Plains(), docs.Plains(), httpapi.AnswersPlain(), campaigndb.Plains(), catalogdb.Plains(), deadletterdb.Plains(), jobdb.Plains(), logsdb.Plains(), push.Plains(), scoredb.Plains(), trackdb.Plains(), courierdb.Plains(), orderdb.Plains(), shopdb.Plains())
}

func indexesOf(composites []docs.Index, expiries []docs.Expiry, plains []docs.Plain) FirestoreIndexes {
	f := FirestoreIndexes{Indexes: composites, FieldOverrides: []fieldOverride{}}
	for _, e := range expiries {
		f.FieldOverrides = append(f.FieldOverrides, fieldOverride{CollectionGroup: e.Collection, FieldPath: e.Field, TTL: true, Indexes: []struct{}{}})
	}
	for _, p := range plains {
		f.FieldOverrides = append(f.FieldOverrides, fieldOverride{CollectionGroup: p.Collection, FieldPath: p.Field, Indexes: []struct{}{}})
	}
	return f
}
