"""Addresses of steering."""

app_name = "steering"
urlpatterns: list[object] = []
