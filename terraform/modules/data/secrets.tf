# Terraform makes the secrets, and never knows their values: those are put in by
# scripts/rotate, and services read the latest version anew each time.
resource "google_secret_manager_secret" "this" {
  for_each = setunion(var.secrets, var.provider_secrets)

  secret_id           = each.key
  deletion_protection = var.protected

  topics {
    name = google_pubsub_topic.rotation.id
  }

  rotation {
    rotation_period    = "7776000s" # 90 days: a reminder, which an alert shows
    next_rotation_time = timeadd(timestamp(), "2160h")
  }

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = var.kms_key == "" ? [] : [var.kms_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [rotation[0].next_rotation_time]
  }

  depends_on = [google_kms_crypto_key_iam_member.services, google_pubsub_topic_iam_member.rotation]
}

# A service whose secret has no version does not start: the first says that none
# has been put in.
resource "google_secret_manager_secret_version" "unset" {
  for_each = google_secret_manager_secret.this

  secret                 = each.value.id
  secret_data_wo         = "unset"
  secret_data_wo_version = 1
  deletion_policy        = "ABANDON"
}

# Secret Manager says here that a secret is due; an alert watches it.
resource "google_pubsub_topic" "rotation" {
  name         = "secret-rotation"
  kms_key_name = var.kms_key == "" ? null : var.kms_key

  depends_on = [google_kms_crypto_key_iam_member.services]
}

resource "google_pubsub_topic_iam_member" "rotation" {
  topic  = google_pubsub_topic.rotation.name
  role   = "roles/pubsub.publisher"
  member = "serviceAccount:${local.encrypting["secrets"]}"
}
