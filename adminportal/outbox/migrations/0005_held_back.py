from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0004_code_gone"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outboundmessage",
            name="failure",
            field=models.CharField(
                blank=True,
                choices=[
                    ("address_invalid", "The address cannot be written to."),
                    ("channel_unavailable", "This way of sending is not set up."),
                    ("code_gone", "The code was used, replaced or over before the message went out."),
                    ("content_refused", "The receiving server refused the message."),
                    ("content_unbuildable", "The message could not be put together."),
                    ("held_back_budget", "The text messages and calls of this day are used up."),
                    ("held_back_kind", "Nothing is sent to this country or kind of number."),
                    ("held_back_place", "Too many codes went there before."),
                    ("held_back_prefix", "Too many codes went to numbers like this one."),
                    ("key_gone", "The key that made its link has been removed."),
                    ("no_answer", "The receiving server gave no answer; it is tried once more."),
                    ("no_answer_twice", "No answer twice: it may have arrived, and is not sent a third time."),
                    ("recipient_refused", "The receiving server does not know or accept the address."),
                    ("secret_gone", "The password was used, replaced or wiped before the message went out."),
                    ("sender_refused", "The sending server did not accept the sender; an operator must look at it."),
                    (
                        "sign_in_refused",
                        "The sending server refused the portal's sign-in; an operator must look at it.",
                    ),
                    ("try_later", "The receiving server asked to try again later."),
                    ("unreachable", "The server that sends it could not be reached."),
                ],
                default="",
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="outboundmessage",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sending", "Being sent"),
                    ("sent", "Sent"),
                    ("failed", "Failed"),
                    ("expired", "Not sent in time"),
                    ("cancelled", "Withdrawn"),
                    ("held_back", "Not sent"),
                ],
                default="queued",
                max_length=12,
            ),
        ),
    ]
