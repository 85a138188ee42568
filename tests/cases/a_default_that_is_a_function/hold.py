from app import run
