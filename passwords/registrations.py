"""What passwords hands to the layers below at start-up."""

from __future__ import annotations

from adminportal.outbox.registry import register_opener, register_sweeper
from passwords.banned import also_refuse
from passwords.blocklist_file import is_in_file
from passwords.password_state import temporary_password_states
from passwords.reveal import SECRET_PURPOSE, close_links, open_for_mail, purge_expired, wipe_after_use
from passwords.role_changes import wipe_on_role_change
from passwords.services.bulk_purge import open_results_for_mail, purge_bulk_jobs
from passwords.services.bulk_records import RESULTS_PURPOSE
from passwords.services.bulk_waking import resume_bulk_jobs
from passwords.services.expire import note_expired
from passwords.services.expiry_reminders import PURPOSE, open_reminder, send_reminders
from passwords.services.request import close_overtaken
from passwords.services.request_messages import send_digests
from users.panel_sections import register_password_states
from users.services.acts import on_block
from users.services.method_changes import on_factor_change
from users.services.role_changes import on_role_change
from users.services.sign_in import on_first_use


def register() -> None:
    """Register sweepers, the larger block list, and the listeners of blocks, first sign-ins and changes of rights."""
    register_sweeper("sealed-passwords", purge_expired)
    register_sweeper("expired-passwords", note_expired)
    register_sweeper("bulk-jobs", resume_bulk_jobs)
    register_sweeper("bulk-results", purge_bulk_jobs)
    register_sweeper("password-reminders", send_reminders)
    register_sweeper("password-requests", close_overtaken)
    register_sweeper("request-digests", send_digests)
    also_refuse(is_in_file)
    register_opener(SECRET_PURPOSE, open_for_mail)
    register_opener(RESULTS_PURPOSE, open_results_for_mail)
    register_opener(PURPOSE, open_reminder)
    on_block(close_links)
    on_factor_change(close_links)
    on_first_use(wipe_after_use)
    on_role_change(wipe_on_role_change)
    register_password_states(temporary_password_states)
