"""What Azure's built-in roles let do, as far as a stack may need it."""

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
READ_BLOBS, WRITE_BLOBS = "read blobs", "write blobs"
SEND_METRICS, READ_SECRETS = "send rows to a collection rule", "read secrets"

ABILITIES = {
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": ("Storage Blob Data Reader", {READ_BLOBS}),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": ("Storage Blob Data Contributor", {READ_BLOBS, WRITE_BLOBS}),
    "3913510d-42f4-4e42-8a64-420c390055eb": ("Monitoring Metrics Publisher", {SEND_METRICS}),
    "4633458b-17de-408a-b874-0445c86b69e6": ("Key Vault Secrets User", {READ_SECRETS}),
}
