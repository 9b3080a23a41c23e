"""Addresses of session sync: share pages, a workspace's sessions, their fragments and exports."""

from typing import Final

from django.urls import path, re_path

from sync.pages import (
    deletions,
    exports,
    fragments,
    history,
    links,
    pages,
    restoring,
    sessions,
    shares,
    snapshots,
    tabs,
)

app_name = "sync"
SHARE: Final = r"^share/(?P<share_id>[A-Za-z0-9_-]+)"
SESSION: Final = r"^workspaces/(?P<slug>[a-z0-9-]+)/sessions/(?P<client_id>[A-Za-z0-9_.:@-]{1,128})/"
SNAPSHOT: Final = SESSION + r"snapshots/(?P<snapshot_id>[0-9]{1,18})/"

urlpatterns = [
    re_path(SHARE + r"$", pages.share, name="share"),
    re_path(r"^s/(?P<share_id>[A-Za-z0-9_-]+)$", pages.share, name="share-short"),
    re_path(SHARE + r"\.json$", exports.share_json, name="share-json"),
    re_path(SHARE + r"\.md$", exports.share_markdown, name="share-md"),
    re_path(SHARE + r"/changes$", tabs.share_changes, name="share-changes"),
    re_path(SHARE + r"/tools$", tabs.share_tools, name="share-tools"),
    re_path(SHARE + r"/fragments$", fragments.share_fragments, name="share-fragments"),
    path("workspaces/<slug:slug>/sessions/", sessions.session_list, name="sessions"),
    path("workspaces/<slug:slug>/sessions/rows", sessions.session_rows, name="session-rows"),
    re_path(SESSION + r"$", pages.session, name="session"),
    re_path(SESSION + r"changes$", tabs.session_changes, name="session-changes"),
    re_path(SESSION + r"tools$", tabs.session_tools, name="session-tools"),
    re_path(SESSION + r"export\.json$", exports.session_json, name="session-json"),
    re_path(SESSION + r"export\.md$", exports.session_markdown, name="session-md"),
    re_path(SESSION + r"snapshots/latest$", snapshots.snapshot_download, name="snapshot-download"),
    re_path(SESSION + r"snapshots/$", history.snapshot_list, name="snapshots"),
    re_path(SNAPSHOT + r"$", history.snapshot_page, name="snapshot"),
    re_path(SNAPSHOT + r"compare$", history.snapshot_compare, name="snapshot-compare"),
    re_path(SNAPSHOT + r"download$", snapshots.snapshot_file, name="snapshot-file"),
    re_path(SNAPSHOT + r"restore/$", restoring.snapshot_restore, name="snapshot-restore"),
    path("workspaces/<slug:slug>/links/", links.link_list, name="links"),
    path("workspaces/<slug:slug>/links/revoke/", links.links_revoke, name="links-revoke"),
    path("workspaces/<slug:slug>/links/rules/", links.link_rules, name="link-rules"),
    path("workspaces/<slug:slug>/deletions/", deletions.deletion_list, name="deletions"),
    re_path(SESSION + r"delete/$", deletions.session_delete, name="session-delete"),
    re_path(SESSION + r"shares/new/$", shares.share_create, name="share-create"),
    re_path(SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/$", shares.share_link, name="share-link"),
    re_path(SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/end/$", shares.share_end, name="share-end"),
    re_path(SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/secrets/$", shares.share_masking, name="share-masking"),
    re_path(SESSION + r"fragments$", fragments.session_fragments, name="session-fragments"),
]
