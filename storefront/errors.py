"""What can go wrong, as the outside sees it: each error knows its HTTP status and problem name.

Rules raise these; `web.failures` turns them into a page, a fragment or problem+json (RFC 9457).
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from storefront.localisation import Text, lazy


class ShopError(Exception):
    """Any refusal or failure with a name. ``detail`` is a sentence for the person who asked."""

    status: ClassVar[int] = 500
    name: ClassVar[str] = "internal"
    title: ClassVar[Text] = lazy("Something broke on our side")
    explanation: ClassVar[Text] = lazy(
        "The shop met an error that it did not expect. It was logged under the id shown; "
        "trying again later may help."
    )

    def __init__(self, detail: object = "", **extra: Any) -> None:
        super().__init__(str(detail))
        self._detail = detail
        self.extra: Mapping[str, Any] = extra

    @property
    def detail(self) -> str:
        return str(self._detail or self.explanation)


class InternalError(ShopError):
    pass


class FieldError:
    """What is wrong with one field; ``message`` tells how to mend it."""

    __slots__ = ("field", "message")

    def __init__(self, field: str, message: object) -> None:
        self.field = field
        self.message = message


class ValidationError(ShopError):
    """Input that cannot be taken; ``errors`` names each field at fault."""

    status = 422
    name = "validation"
    title = lazy("Some of it cannot be right")
    explanation = lazy(
        "The request was understood, but at least one field is missing or has a value that "
        "cannot be accepted. The list of errors names each field and what is wrong with it."
    )

    def __init__(self, errors: Sequence[FieldError] = (), detail: object = "") -> None:
        super().__init__(detail or (errors[0].message if len(errors) == 1 else ""))
        self.errors = tuple(errors)

    @classmethod
    def of(cls, field: str, message: object) -> "ValidationError":
        return cls([FieldError(field, message)])


class BadRequestError(ShopError):
    status = 400
    name = "bad-request"
    title = lazy("That request makes no sense here")
    explanation = lazy("The request could not be read, or it names a host that this shop is not.")


class UnauthenticatedError(ShopError):
    status = 401
    name = "unauthenticated"
    title = lazy("Please sign in")
    explanation = lazy(
        "This needs a signed-in user: send the session cookie or a bearer token that is valid "
        "and has not been ended."
    )


class BadCredentialsError(ShopError):
    status = 401
    name = "bad-credentials"
    title = lazy("Email or password is wrong")
    explanation = lazy(
        "No account matches this email and password. Which of the two is wrong is not told, "
        "so that nobody can find out who has an account."
    )


class SecondFactorError(ShopError):
    """The password was right, but a code is missing or wrong: ``errors`` says which."""

    status = 401
    name = "second-factor"
    title = lazy("A code is needed")
    explanation = lazy(
        "This account has a second factor. Besides email and password, send as code what the "
        "person's app shows now, or one of the recovery codes. Each of them works once."
    )

    def __init__(self, message: object) -> None:
        super().__init__(message, errors=[{"field": "code", "message": str(message)}])


class ForbiddenError(ShopError):
    status = 403
    name = "forbidden"
    title = lazy("This is not for you")
    explanation = lazy(
        "You are signed in, but your account may not do this, or the request came from another "
        "site."
    )


class SecondFactorMissingError(ForbiddenError):
    """Staff who must have a second factor have none yet."""

    explanation = lazy(
        "Whoever works here needs a second factor: set it up under Your details, and all is open."
    )


class NotFoundError(ShopError):
    status = 404
    name = "not-found"
    title = lazy("There is nothing here")
    explanation = lazy("The address is mistyped, or what stood here is gone.")


class ProductNotFoundError(ShopError):
    status = 404
    name = "product-not-found"
    title = lazy("This product does not exist")
    explanation = lazy("There is no such product, or it is no longer sold.")


class MethodNotAllowedError(ShopError):
    status = 405
    name = "method-not-allowed"
    title = lazy("That cannot be done here")
    explanation = lazy("The address exists, but does not take this method.")


class OutOfStockError(ShopError):
    """``items``: for each short line what was wanted and what is left."""

    status = 409
    name = "out-of-stock"
    title = lazy("Not enough left")
    explanation = lazy(
        "Fewer pieces are left than were asked for; nothing was changed. The items name each "
        "SKU with the quantity asked for and the quantity available."
    )

    def __init__(self, items: Sequence[Mapping[str, Any]], detail: object = "") -> None:
        super().__init__(detail, items=list(items))


class PriceChangedError(ShopError):
    status = 409
    name = "price-changed"
    title = lazy("The price has changed")
    explanation = lazy(
        "The total differs from the one that was shown, so nothing was ordered. Look at the cart "
        "again and order with the new total."
    )


class EmptyCartError(ShopError):
    status = 409
    name = "empty-cart"
    title = lazy("The cart is empty")
    explanation = lazy("There is nothing to order yet: put something into the cart first.")


class NoAddressError(ShopError):
    status = 409
    name = "no-address"
    title = lazy("Where shall it go?")
    explanation = lazy("The order needs a delivery address: give one with the cart or the order.")


class EmailTakenError(ShopError):
    status = 409
    name = "email-taken"
    title = lazy("This email has an account already")
    explanation = lazy("Sign in with it, or reset the password if it is forgotten.")


class ConflictError(ShopError):
    status = 409
    name = "conflict"
    title = lazy("That cannot be done now")
    explanation = lazy("The state of things does not allow this step, or somebody was faster.")


class PreconditionFailedError(ShopError):
    status = 412
    name = "precondition-failed"
    title = lazy("Somebody changed it since")
    explanation = lazy(
        "The If-Match header names an older version. Read it again, and repeat the change on "
        "the new version if it is still wanted."
    )


class PayloadTooLargeError(ShopError):
    status = 413
    name = "payload-too-large"
    title = lazy("That is too large")
    explanation = lazy("The body of the request is larger than this address takes.")


class UnsupportedMediaTypeError(ShopError):
    status = 415
    name = "unsupported-media-type"
    title = lazy("This format is not taken")
    explanation = lazy("The body's content type is not one that this address reads.")


class TooManyRequestsError(ShopError):
    """``retry_after`` is in seconds."""

    status = 429
    name = "too-many-requests"
    title = lazy("A little slower, please")
    explanation = lazy("There were too many requests in a short time. Waiting a little helps.")

    def __init__(self, retry_after: int, detail: object = "") -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class UnavailableError(ShopError):
    """``retry_after`` is in seconds."""

    status = 503
    name = "unavailable"
    title = lazy("The shop is catching its breath")
    explanation = lazy(
        "The shop cannot answer just now, most likely for a few seconds only. Nothing of yours "
        "is lost; please try again."
    )

    def __init__(self, retry_after: int = 5, detail: object = "") -> None:
        super().__init__(detail)
        self.retry_after = retry_after


PROBLEMS: Mapping[str, type[ShopError]] = {
    kind.name: kind
    for kind in (
        BadRequestError,
        ValidationError,
        UnauthenticatedError,
        BadCredentialsError,
        SecondFactorError,
        ForbiddenError,
        NotFoundError,
        ProductNotFoundError,
        MethodNotAllowedError,
        OutOfStockError,
        PriceChangedError,
        EmptyCartError,
        NoAddressError,
        EmailTakenError,
        ConflictError,
        PreconditionFailedError,
        PayloadTooLargeError,
        UnsupportedMediaTypeError,
        TooManyRequestsError,
        UnavailableError,
        InternalError,
    )
}
