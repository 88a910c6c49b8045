"""A node's web application: the federation routes, the node's own routes, and the page of its API.

The page is served with its script and style from an installed package; nothing is fetched from anywhere else, and the
browser is told so.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from relevo.delivery.admission import Gate, Limits
from relevo.delivery.node import Node
from relevo.runtime import Service
from relevo.web import (
    contacts,
    delivery,
    evidence,
    federation,
    federation_files,
    federation_streams,
    keys,
    log,
    log_status,
    looks,
    operations,
    problems,
    procedures,
    refused_items,
    retention,
)
from relevo.web import files as file_routes
from relevo.web.dates import DateMiddleware
from relevo.web.description import describe_api
from relevo.web.door import Door
from relevo.web.guard import GuardMiddleware
from relevo.web.limits import LimitsMiddleware
from relevo.web.query import known_query

ASSETS = Path(str(files("fastapi_swagger"))) / "resources"
TAGS = {
    "cases": "Cases of this node.",
    "consent": "What people have consented to.",
    "referrals": "Referrals: each step, and the timeline.",
    "organisations": "Partner organisations: who they are, and what is offered to yours.",
    "evidence": "What an auditor checks without seeing personal data.",
    "node": "Peers and procedures.",
}
OF_EVERY_NODE = (
    operations,
    evidence,
    procedures,
    contacts,
    retention,
    looks,
    delivery,
    log_status,
    keys,
    refused_items,
    file_routes,
)
"""The modules whose routes people of both kinds of node use."""


class _Application(FastAPI):
    """FastAPI with a description of the API that people can read."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = describe_api(super().openapi())
        return self.openapi_schema


def make_app(service: Service, node: Node) -> FastAPI:
    """The application of a node."""
    app = _Application(
        title=f"{service.title} {node.identity.node_id}",
        version="1",
        description=f"{node.identity.title}. Give the token that `{service.name} user add` printed to *Authorize*.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        openapi_tags=[{"name": name, "description": said} for name, said in TAGS.items()],
    )
    app.state.node = node
    app.state.service = service
    app.state.gate = Gate(Limits())
    app.state.door = Door
    problems.install(app)
    app.add_middleware(GuardMiddleware)
    app.add_middleware(LimitsMiddleware)
    app.add_middleware(DateMiddleware)
    app.router.routes.append(federation.ENVELOPES)
    app.include_router(federation.router)
    app.include_router(federation_streams.router)
    app.include_router(federation_files.router)
    app.include_router(log.router)
    for router in (*service.routers(node), *(module.router for module in OF_EVERY_NODE)):
        app.include_router(router, responses=problems.RESPONSES, dependencies=[Depends(known_query)])
    app.mount("/api/assets", StaticFiles(directory=ASSETS))
    app.add_api_route("/api", _page, include_in_schema=False, response_class=HTMLResponse)
    return app


def _page(request: Request) -> HTMLResponse:
    app: FastAPI = request.app
    return get_swagger_ui_html(
        openapi_url="/api/openapi.json",
        title=app.title,
        swagger_js_url="/api/assets/swagger-ui-bundle.js",
        swagger_css_url="/api/assets/swagger-ui.css",
        swagger_favicon_url="/api/assets/favicon-32x32.png",
        swagger_ui_parameters={"docExpansion": "list", "defaultModelsExpandDepth": -1, "tryItOutEnabled": True},
    )
