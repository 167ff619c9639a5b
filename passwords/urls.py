"""Routes of passwords."""

from __future__ import annotations

from django.urls import path

from passwords.views import (
    add_user,
    bulk,
    bulk_choose,
    bulk_draft,
    bulk_files,
    bulk_list,
    bulk_results,
    bulk_steps,
    change_password,
    expiration,
    pick,
    policy,
    requests,
    reset,
    reveal,
)

app_name = "passwords"
urlpatterns = [
    path("account/password", change_password.change, name="change"),
    path("account/password/changed", change_password.changed, name="changed"),
    path("account/password/rules", change_password.live_rules, name="change-rules"),
    path("settings/password-expiration", expiration.expiration, name="expiration"),
    path("settings/password-expiration/save", expiration.save, name="expiration-save"),
    path("settings/password-policy", policy.policy, name="policy"),
    path("settings/password-policy/save", policy.save, name="policy-save"),
    path("users/add", add_user.add_user, name="add-user"),
    path("users/add/rules", add_user.live_rules, name="add-user-rules"),
    path("passwords/reset", pick.pick, name="pick"),
    path("passwords/reset/<uuid:user_id>", reset.reset, name="reset"),
    path("passwords/reset/<uuid:user_id>/rules", reset.live_rules, name="reset-rules"),
    path("passwords/result/<uuid:reset_id>", reset.result, name="result"),
    path("passwords/result/<uuid:reset_id>/show", reset.show, name="show"),
    path("passwords/result/<uuid:reset_id>/printed", reset.printed, name="printed"),
    path("passwords/result/<uuid:reset_id>/progress", reset.progress, name="progress"),
    path("passwords/result/<uuid:reset_id>/send-again/<uuid:message_id>", reset.send_again, name="send-again"),
    path("passwords/bulk", bulk.jobs, name="bulk-jobs"),
    path("passwords/bulk/new", bulk_choose.choose, name="bulk-new"),
    path("passwords/bulk/list", bulk_list.by_list, name="bulk-list"),
    path("passwords/bulk/group", bulk_choose.by_group, name="bulk-group"),
    path("passwords/bulk/<uuid:job_id>", bulk.job, name="bulk"),
    path("passwords/bulk/<uuid:job_id>/progress", bulk.progress, name="bulk-progress"),
    path("passwords/bulk/<uuid:job_id>/show", bulk_results.show, name="bulk-show"),
    path("passwords/bulk/<uuid:job_id>/passwords.csv", bulk_files.as_csv, name="bulk-csv"),
    path("passwords/bulk/<uuid:job_id>/outcomes.csv", bulk_files.outcomes, name="bulk-outcomes"),
    path("passwords/bulk/<uuid:job_id>/slips", bulk_results.slips, name="bulk-slips"),
    *(
        path(f"passwords/bulk/<uuid:job_id>/{name}", bulk_steps.step, {"name": name}, name=f"bulk-{name}")
        for name in bulk_steps.STEPS
    ),
    path("passwords/bulk/<uuid:job_id>/preview", bulk_draft.refresh_preview, name="bulk-preview"),
    path("passwords/bulk/<uuid:job_id>/left-out", bulk_draft.left_out, name="bulk-left-out"),
    path("passwords/requests", requests.requests, name="requests"),
    path("passwords/requests/count", requests.count, name="request-count"),
    path("passwords/requests/<uuid:request_id>", requests.one_request, name="request"),
    path("passwords/requests/<uuid:request_id>/take", requests.take_request, name="request-take"),
    path("passwords/requests/<uuid:request_id>/called", requests.call_back_done, name="request-called"),
    path("passwords/requests/<uuid:request_id>/decline", requests.decline, name="request-decline"),
    path("reveal/<str:token>", reveal.reveal, name="reveal"),
]
