"""The page where the first owner signs up."""

from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.errors import EmailTaken, OwnerLinkInvalid
from accounts.forms.first_owner import FirstOwnerForm
from accounts.services.first_owner import first_owner_create, is_owner_link_live


@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("token", "form")
@require_http_methods(["GET", "HEAD", "POST"])
def first_owner(request: HttpRequest, token: str) -> HttpResponse:
    """The link `manage.py serve` prints: choose e-mail and password, own the instance and a first workspace."""
    if not is_owner_link_live(token):
        raise OwnerLinkInvalid
    form = FirstOwnerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = first_owner_create(token=token, **form.cleaned_data)
        except EmailTaken as taken:
            form.add_error("email", taken.message)
        else:
            response: HttpResponse = perform_login(request, user)
            return response
    return render(request, "accounts/first_owner.html", {"form": form}, status=422 if form.errors else 200)
