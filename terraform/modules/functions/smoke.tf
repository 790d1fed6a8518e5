# A job that calls new revisions at their own addresses before they get traffic.
# It runs here because their ingress is internal, and a build's workers are not.

resource "google_service_account" "smoke" {
  account_id   = "run-smoke"
  display_name = "lastmile smoke test"
}

resource "google_cloud_run_v2_job" "smoke" {
  name                = "smoke"
  location            = var.region
  deletion_protection = false

  template {
    template {
      service_account = google_service_account.smoke.email
      timeout         = "300s"
      max_retries     = 0

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = var.network
          subnetwork = var.subnetwork
        }
      }

      containers {
        image   = "us-docker.pkg.dev/cloudrun/container/job"
        command = ["/smoke"]
      }
    }
  }

  lifecycle {
    ignore_changes = [client, client_version, template[0].template[0].containers[0].image, template[0].template[0].containers[0].args]
  }
}

resource "google_cloud_run_v2_service_iam_member" "smoke" {
  for_each = merge({ for name, s in module.service : name => name }, { for name, a in var.more_accounts : name => name })

  name     = each.value
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.smoke.member
}

resource "google_service_account_iam_member" "smoke" {
  service_account_id = google_service_account.smoke.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.builder.member
}
