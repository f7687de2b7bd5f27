"""The outbox: mails written with the change they tell of, and sent afterwards."""
