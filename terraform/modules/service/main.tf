# One Cloud Run service, its account, and exactly what that may do: everything
# follows from the service's entry in the topology.

locals {
  public  = length(var.service.paths) > 0
  uses    = toset(var.service.uses)
  secrets = setunion(var.service.secrets, contains(local.uses, "provider-secrets") ? var.data.provider_secrets : [])
}

resource "google_service_account" "this" {
  account_id   = "run-${var.service.name}"
  display_name = "lastmile ${var.service.name}"
}

resource "google_cloud_run_v2_service" "this" {
  name                = var.service.name
  location            = var.region
  ingress             = local.public ? "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" : "INGRESS_TRAFFIC_INTERNAL_ONLY"
  deletion_protection = var.protected

  template {
    service_account                  = google_service_account.this.email
    timeout                          = "${var.service.timeoutSeconds}s"
    max_instance_request_concurrency = var.size.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    session_affinity                 = var.service.class == "sockets"
    encryption_key                   = var.data.kms_key == "" ? null : var.data.kms_key

    scaling {
      min_instance_count = var.size.min
      max_instance_count = var.size.max
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = var.network
        subnetwork = var.subnetwork
      }
    }

    containers {
      # Until the first rollout; Cloud Build says what runs.
      image = "us-docker.pkg.dev/cloudrun/container/hello"

      resources {
        limits            = { cpu = tostring(var.size.cpu), memory = "${var.size.memory}Mi" }
        cpu_idle          = !var.size.always_on
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(var.environment, { FUNCTION_TARGET = var.service.name })
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "volume_mounts" {
        for_each = local.secrets
        content {
          name       = volume_mounts.value
          mount_path = "/secrets/${volume_mounts.value}"
        }
      }

      dynamic "volume_mounts" {
        for_each = contains(local.uses, "maps") ? ["maps"] : []
        content {
          name       = volume_mounts.value
          mount_path = "/maps"
        }
      }

      startup_probe {
        period_seconds    = 1
        failure_threshold = 120
        http_get {
          path = "/health"
        }
      }

      dynamic "liveness_probe" {
        for_each = var.service.class == "sockets" ? ["/health"] : []
        content {
          period_seconds    = 10
          failure_threshold = 3
          http_get {
            path = liveness_probe.value
          }
        }
      }
    }

    # A file for each secret, which is read anew each time: a new version takes
    # effect without a rollout.
    dynamic "volumes" {
      for_each = local.secrets
      content {
        name = volumes.value
        secret {
          secret = volumes.value
          items {
            path    = "value"
            version = "latest"
          }
        }
      }
    }

    dynamic "volumes" {
      for_each = contains(local.uses, "maps") ? ["maps"] : []
      content {
        name = volumes.value
        gcs {
          bucket    = var.data.maps_bucket
          read_only = true
        }
      }
    }
  }

  # A rollout changes these, and is no drift.
  lifecycle {
    ignore_changes = [
      client, client_version, traffic,
      template[0].containers[0].image, template[0].revision, template[0].labels, template[0].annotations,
    ]
  }

  depends_on = [google_secret_manager_secret_iam_member.reads]
}

resource "google_cloud_run_v2_service_iam_member" "callers" {
  for_each = merge(
    length(var.service.subscriptions) > 0 ? { push = "serviceAccount:${var.messaging.callers["push"]}" } : {},
    var.service.queue ? { timer = "serviceAccount:${var.messaging.callers["timer"]}" } : {},
    length(var.service.schedules) > 0 ? { schedule = "serviceAccount:${var.messaging.callers["schedule"]}" } : {},
    local.public ? { everybody = "allUsers" } : {}, # through the load balancer; the service itself asks for a session
  )

  name     = google_cloud_run_v2_service.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}

# Every service keeps records of what it did.
resource "google_project_iam_member" "base" {
  for_each = toset(["roles/datastore.user", "roles/logging.logWriter", "roles/monitoring.metricWriter", "roles/cloudtrace.agent"])

  project = var.project
  role    = each.key
  member  = google_service_account.this.member
}

resource "google_project_iam_member" "redis" {
  for_each = contains(local.uses, "redis") ? toset(["roles/memorystore.dbConnectionUser"]) : toset([])

  project = var.project
  role    = each.key
  member  = google_service_account.this.member
}

resource "google_project_iam_member" "push_notifications" {
  for_each = contains(local.uses, "push") ? toset(["roles/firebasecloudmessaging.admin"]) : toset([])

  project = var.project
  role    = each.key
  member  = google_service_account.this.member
}

# A function that handles messages also archives those that it cannot.
resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = toset(concat(
    [for t in var.service.publishes : var.messaging.topics[t]],
    length(var.service.subscriptions) > 0 ? [var.messaging.dead_letter_topic] : [],
  ))

  topic  = each.key
  role   = "roles/pubsub.publisher"
  member = google_service_account.this.member
}

resource "google_cloud_tasks_queue_iam_member" "sets_and_withdraws" {
  for_each = { for p in setproduct(var.service.schedulesTimersOf, ["roles/cloudtasks.enqueuer", "roles/cloudtasks.taskDeleter"]) : join(" ", p) => p }

  name     = var.messaging.queues[each.value[0]]
  location = var.region
  role     = each.value[1]
  member   = google_service_account.this.member
}

resource "google_service_account_iam_member" "signs_timers" {
  for_each = length(var.service.schedulesTimersOf) > 0 ? { timer = var.messaging.callers["timer"] } : {}

  service_account_id = "projects/${var.project}/serviceAccounts/${each.value}"
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.this.member
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = local.secrets

  secret_id = each.key
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.this.member
}

resource "google_storage_bucket_iam_member" "files" {
  for_each = merge(
    contains(local.uses, "private-files") ? { (var.data.private_bucket) = "roles/storage.objectUser" } : {},
    contains(local.uses, "public-files") ? { (var.data.public_bucket) = "roles/storage.objectUser" } : {},
    contains(local.uses, "maps") ? { (var.data.maps_bucket) = "roles/storage.objectViewer" } : {},
  )

  bucket = each.key
  role   = each.value
  member = google_service_account.this.member
}

# Addresses for private files are signed as the service itself, without a key.
resource "google_service_account_iam_member" "signs_addresses" {
  for_each = contains(local.uses, "private-files") ? toset(["itself"]) : toset([])

  service_account_id = google_service_account.this.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.this.member
}
