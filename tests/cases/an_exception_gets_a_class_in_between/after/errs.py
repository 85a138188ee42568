class AppError(Exception): pass
class HttpError(AppError):
    code = 500
class NotFound(HttpError):
    code = 404
