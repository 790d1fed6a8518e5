resource "google_storage_bucket" "this" {
  for_each = {
    private = { versions = true, expires = 0 }
    public  = { versions = false, expires = 0 }
    maps    = { versions = true, expires = 0 }
  }

  name                        = "${var.project}-lastmile-${each.key}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = each.key == "public" ? "inherited" : "enforced"
  force_destroy               = !var.protected

  versioning {
    enabled = each.value.versions
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 30
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  # Apps put and get files by signed addresses from pages that may call.
  cors {
    origin          = var.origins
    method          = ["GET", "PUT"]
    response_header = ["Content-Type", "Content-Range", "ETag", "x-goog-hash"]
    max_age_seconds = 86400
  }

  dynamic "encryption" {
    for_each = var.kms_key == "" ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.services]
}

# Everybody may read a public file whose name they know; nobody may list them.
resource "google_storage_bucket_iam_member" "everybody" {
  bucket = google_storage_bucket.this["public"].name
  role   = "roles/storage.legacyObjectReader"
  member = "allUsers"
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "lastmile"
  location      = var.region
  format        = "DOCKER"
  kms_key_name  = var.kms_key == "" ? null : var.kms_key

  docker_config {
    immutable_tags = true
  }

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  cleanup_policies {
    id     = "keep"
    action = "KEEP"
    most_recent_versions {
      keep_count = 30
    }
  }

  cleanup_policies {
    id     = "delete"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.services]
}
