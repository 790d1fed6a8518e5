# Who connects proves it with a token of their service account: there is no
# password to keep.
resource "google_memorystore_instance" "this" {
  instance_id                 = "lastmile"
  location                    = var.region
  mode                        = "CLUSTER_DISABLED"
  shard_count                 = 1
  node_type                   = var.redis.node_type
  replica_count               = var.redis.replicas
  authorization_mode          = "IAM_AUTH"
  transit_encryption_mode     = "SERVER_AUTHENTICATION"
  engine_version              = "VALKEY_8_0"
  deletion_protection_enabled = var.protected
  kms_key                     = var.kms_key == "" ? null : var.kms_key

  # What is in Redis can be lost, and is then read from Firestore or asked of
  # clients again; a full memory must refuse rather than forget.
  engine_configs = { "maxmemory-policy" = "noeviction" }

  desired_auto_created_endpoints {
    network    = var.network
    project_id = var.project
  }

  dynamic "persistence_config" {
    for_each = var.redis.persisted ? [true] : []
    content {
      mode = "AOF"
      aof_config {
        append_fsync = "EVERY_SEC"
      }
    }
  }

  maintenance_policy {
    weekly_maintenance_window {
      day = "TUESDAY"
      start_time {
        hours = 3
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.services]
}

locals {
  endpoint = google_memorystore_instance.this.endpoints[0].connections[0].psc_auto_connection[0]
}
