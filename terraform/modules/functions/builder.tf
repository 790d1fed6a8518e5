# Cloud Build deploys as an account that may do this and nothing else.

resource "google_service_account" "builder" {
  account_id   = "lastmile-build"
  display_name = "Cloud Build, which deploys"
}

resource "google_project_iam_member" "builder" {
  for_each = toset(["roles/run.developer", "roles/artifactregistry.writer", "roles/containeranalysis.occurrences.viewer", "roles/ondemandscanning.admin", "roles/logging.logWriter", "roles/logging.viewer"])

  project = var.project
  role    = each.key
  member  = google_service_account.builder.member
}

# A deployment names the account that the service runs as.
resource "google_service_account_iam_member" "builder" {
  for_each = merge({ for name, s in module.service : name => s.account }, var.more_accounts)

  service_account_id = "projects/${var.project}/serviceAccounts/${each.value}"
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.builder.member
}

output "builder" {
  value = google_service_account.builder.email
}
