# Google's own accounts that act for this project; scripts/bootstrap has them
# made. With a key of the customer's, every service that keeps data may use it, and
# nobody else.
locals {
  encrypting = {
    firestore = "service-${var.project_number}@gcp-sa-firestore.iam.gserviceaccount.com"
    redis     = "service-${var.project_number}@gcp-sa-memorystore.iam.gserviceaccount.com"
    storage   = "service-${var.project_number}@gs-project-accounts.iam.gserviceaccount.com"
    pubsub    = "service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    secrets   = "service-${var.project_number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
    images    = "service-${var.project_number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
    run       = "service-${var.project_number}@serverless-robot-prod.iam.gserviceaccount.com"
  }
}

resource "google_kms_crypto_key_iam_member" "services" {
  for_each = var.kms_key == "" ? {} : local.encrypting

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${each.value}"
}
