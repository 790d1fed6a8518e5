output "name" {
  value = google_cloud_run_v2_service.this.name
}

output "account" {
  value = google_service_account.this.email
}
